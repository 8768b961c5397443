#include "tests/support/browser.h"

#include <fcntl.h>
#include <poll.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "common/text.h"

namespace event_consumer::testing {

namespace {

constexpr std::chrono::seconds kPatience{20};

// Made before the browser starts, and open at both ends, so that nobody waits for the other.
UniqueFd open_fifo(const std::string& path) {
  if (mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("mkfifo " + path);
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) throw std::runtime_error("cannot open " + path);
  return fd;
}

// It reads commands from descriptor 3 and answers at 4. Without its sandbox, which root cannot
// have: it sees nothing but our page.
Command chromium(const std::string& directory) {
  Command command;
  command.environment["HOME"] = directory;
  command.output_file = directory + "/chromium.log";
  command.argv = {
      "sh", "-c",
      "exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage "
      "--no-first-run --disable-extensions --disable-background-networking "
      "--disable-component-update --disable-breakpad --hide-scrollbars --lang=en-GB "
      "--user-data-dir=\"$0/profile\" --remote-debugging-pipe 3<\"$0/commands\" 4>\"$0/answers\"",
      directory};
  return command;
}

std::string to_text(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

std::string base64_decoded(const std::string& text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char digit : text) {
    const std::size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return bytes;
}

}  // namespace

Browser::Browser()
    : commands_(open_fifo(directory_.path() + "/commands")),
      answers_(open_fifo(directory_.path() + "/answers")),
      process_(chromium(directory_.path())) {
  const auto target = command("Target.createTarget", R"({"url":"about:blank"})");
  const std::string id = target["targetId"].GetString();
  const auto attached =
      command("Target.attachToTarget", R"({"flatten":true,"targetId":")" + id + "\"}");
  session_ = attached["sessionId"].GetString();
  for (const char* domain : {"Page", "Runtime", "Log"})
    command(domain + std::string(".enable"), "{}");
}

Browser::~Browser() {
  try {
    session_.clear();
    command("Browser.close", "{}");
    process_.wait_exit(kPatience);
  } catch (const std::exception&) {
    // It is killed.
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_.path() + "/profile", ignored);
}

void Browser::look(Look look) {
  command("Emulation.setDeviceMetricsOverride",
          R"({"height":900,"deviceScaleFactor":1,"mobile":false,"width":)" +
              std::to_string(look.width) + "}");
  command("Emulation.setEmulatedMedia", R"({"features":[{"name":"prefers-color-scheme","value":")" +
                                            std::string(look.is_dark ? "dark" : "light") + "\"}]}");
}

void Browser::open(const std::string& url) {
  complaints_.clear();
  command("Page.navigate", "{\"url\":" + json_string(url) + "}");
}

std::string Browser::text(const std::string& expression) {
  const auto result =
      command("Runtime.evaluate", "{\"expression\":" + json_string(expression) + "}");
  const auto value = result["result"].FindMember("value");
  if (value == result["result"].MemberEnd() || !value->value.IsString())
    throw std::runtime_error(expression + " is no string but " + to_text(result));
  return {value->value.GetString(), value->value.GetStringLength()};
}

void Browser::screenshot(const std::string& name) {
  const char* directory = std::getenv("SCREENSHOTS");
  if (directory == nullptr) return;
  const auto image = command("Page.captureScreenshot", R"({"captureBeyondViewport":true})");
  write_file(std::string(directory) + "/" + name + ".png",
             base64_decoded(image["data"].GetString()));
}

rapidjson::Document Browser::command(const std::string& method, const std::string& parameters) {
  const int id = ++last_id_;
  std::string message =
      "{\"id\":" + std::to_string(id) + ",\"method\":\"" + method + "\",\"params\":" + parameters;
  if (!session_.empty()) message += ",\"sessionId\":\"" + session_ + "\"";
  message += "}";
  const auto size = static_cast<ssize_t>(message.size() + 1);
  if (write(commands_.get(), message.c_str(), message.size() + 1) != size)
    throw std::runtime_error("cannot write to chromium");
  for (;;) {
    const rapidjson::Document answer = receive();
    take_event(answer);
    const auto answered = answer.FindMember("id");
    if (answered == answer.MemberEnd() || answered->value.GetInt() != id) continue;
    if (!answer.HasMember("result"))
      throw std::runtime_error(method + " failed: " + to_text(answer));
    rapidjson::Document result;
    result.CopyFrom(answer["result"], result.GetAllocator());
    return result;
  }
}

rapidjson::Document Browser::receive() {
  const TimePoint deadline = Clock::now() + kPatience;
  std::size_t end;
  while ((end = received_.find('\0')) == std::string::npos) {
    pollfd polled{answers_.get(), POLLIN, 0};
    if (process_.wait_exit(Duration::zero()))
      throw std::runtime_error("chromium (Debian's package chromium) has ended:\n" +
                               tail_of_file(directory_.path() + "/chromium.log"));
    if (Clock::now() > deadline)
      throw std::runtime_error("chromium does not answer:\n" +
                               tail_of_file(directory_.path() + "/chromium.log"));
    if (poll(&polled, 1, 100) != 1) continue;
    std::array<char, 65536> bytes;
    const ssize_t got = read(answers_.get(), bytes.data(), bytes.size());
    if (got > 0) received_.append(bytes.data(), static_cast<std::size_t>(got));
  }
  rapidjson::Document message;
  message.Parse(received_.c_str());
  received_.erase(0, end + 1);
  if (!message.IsObject()) throw std::runtime_error("chromium does not speak JSON");
  return message;
}

void Browser::take_event(const rapidjson::Document& message) {
  const auto method = message.FindMember("method");
  if (method == message.MemberEnd()) return;
  const std::string name = method->value.GetString();
  const rapidjson::Value& parameters = message["params"];
  const bool is_complaint = name == "Runtime.exceptionThrown" ||
                            name == "Page.javascriptDialogOpening" ||
                            (name == "Runtime.consoleAPICalled" && parameters["type"] == "error") ||
                            (name == "Log.entryAdded" && parameters["entry"]["level"] == "error");
  if (is_complaint) complaints_.push_back(to_text(parameters));
}

}  // namespace event_consumer::testing
