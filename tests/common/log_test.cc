#include "common/log.h"

#include <fcntl.h>
#include <rapidjson/document.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <regex>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using namespace std::string_literals;

// What a process writes to its standard error that sets up its log so and calls `write`. With
// `journal`, that is what JOURNAL_STREAM names.
std::string logged(log::Format format, const std::function<void()>& write, bool journal = false) {
  std::FILE* file = std::tmpfile();
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(fileno(file), STDERR_FILENO);
    struct stat facts {};
    fstat(STDERR_FILENO, &facts);
    // Of another stream unless it is to be this.
    const auto inode = facts.st_ino + (journal ? 0 : 1);
    setenv("JOURNAL_STREAM", (std::to_string(facts.st_dev) + ":" + std::to_string(inode)).c_str(),
           1);
    log::set_up("worker 1", log::Level::debug, format);
    write();
    _exit(0);
  }
  waitpid(pid, nullptr, 0);
  std::string text(4096, '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_match(text, std::regex(pattern));
}

TEST_CASE("log: a line of text", "[log]") {
  const std::string text = logged(log::Format::kText, [] { log::warn("it is {}", "late"); });
  INFO(text);
  CHECK(matches(text,
                R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning  worker 1\[\d+\] it is late\n)"));
}

TEST_CASE("log: a message is one line, whatever bytes it has", "[log]") {
  const std::string text =
      logged(log::Format::kText, [] { log::info("a\nb\x1b[2J\xff {}", std::string(1, '\0')); });
  INFO(text);
  CHECK(matches(text, R"([^\n]*\] a\\x0ab\\x1b\[2J\\xff \\x00\n)"));
}

TEST_CASE("log: JSON is valid whatever bytes a message has, an object a line", "[log]") {
  const std::string message = "quote \" back \\ line \n nul \0 byte \xff umlaut \xc3\xbc"s;
  const std::string text = logged(log::Format::kJson, [&] { log::error("{}", message); });
  INFO(text);
  REQUIRE(text.back() == '\n');
  CHECK(text.find('\n') == text.size() - 1);
  rapidjson::Document line;
  line.Parse<rapidjson::kParseValidateEncodingFlag>(text.c_str());
  REQUIRE(line.IsObject());
  CHECK(line.MemberCount() == 5);
  CHECK(matches(line["time"].GetString(), R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"));
  CHECK(line["level"] == "error");
  CHECK(line["process"] == "worker 1");
  CHECK(line["pid"].IsInt());
  const std::string said(line["message"].GetString(), line["message"].GetStringLength());
  CHECK(said == "quote \" back \\ line \n nul \0 byte "s + "\xef\xbf\xbd umlaut \xc3\xbc");
}

TEST_CASE("log: the journal gets priorities, and knows the time itself", "[log]") {
  const auto write = [] {
    log::debug("d");
    log::info("i");
    log::warn("w");
    log::error("e");
    log::log(log::Level::critical, "c");
  };
  const std::string text = logged(log::Format::kText, write, /*journal=*/true);
  INFO(text);
  CHECK(matches(text, R"(<7>worker 1\[\d+\] d\n<6>worker 1\[\d+\] i\n<4>worker 1\[\d+\] w\n)"
                      R"(<3>worker 1\[\d+\] e\n<2>worker 1\[\d+\] c\n)"));
}

TEST_CASE("log: JSON in the journal has a priority too", "[log]") {
  const std::string text = logged(
      log::Format::kJson, [] { log::warn("w"); }, /*journal=*/true);
  CHECK(text.rfind(R"(<4>{"time":")", 0) == 0);
}

TEST_CASE("log: a line that nobody reads is not waited for, and counted for who reads again",
          "[log]") {
  constexpr int kLines = 2000;  // more than a pipe holds
  const std::string text = logged(log::Format::kText, [] {
    alarm(20);  // ends a process that waits
    const int file = dup(STDERR_FILENO);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) _exit(1);
    dup2(ends[1], STDERR_FILENO);
    log::set_up("worker 1", log::Level::debug);
    for (int i = 0; i < kLines; ++i) log::info("{}", std::string(100, 'x'));
    std::string taken(1 << 20, '\0');
    taken.resize(static_cast<std::size_t>(read(ends[0], taken.data(), taken.size())));
    log::info("the next");
    std::string more(4096, '\0');
    more.resize(static_cast<std::size_t>(read(ends[0], more.data(), more.size())));
    dprintf(file, "%td taken\n%s", std::count(taken.begin(), taken.end(), '\n'), more.c_str());
  });
  INFO(text);
  std::smatch count;
  REQUIRE(std::regex_match(text, count,
                           std::regex("(\\d+) taken\n[^\n]*Z warning  worker 1\\[\\d+\\] (\\d+) "
                                      "lines of the log were dropped because nobody read them\n"
                                      "[^\n]* the next\n")));
  CHECK(std::stoi(count[1]) + std::stoi(count[2]) == kLines);
}

TEST_CASE("log: what was dropped is told also when the format is changed meanwhile", "[log]") {
  const std::string text = logged(log::Format::kText, [] {
    alarm(20);
    const int file = dup(STDERR_FILENO);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) _exit(1);
    dup2(ends[1], STDERR_FILENO);
    log::set_up("supervisor", log::Level::debug);
    for (int i = 0; i < 2000; ++i) log::info("{}", std::string(100, 'x'));
    log::set_format(log::Format::kJson);
    std::string taken(1 << 20, '\0');
    taken.resize(static_cast<std::size_t>(read(ends[0], taken.data(), taken.size())));
    log::info("the next");
    std::string more(4096, '\0');
    more.resize(static_cast<std::size_t>(read(ends[0], more.data(), more.size())));
    dprintf(file, "%s", more.c_str());
  });
  INFO(text);
  CHECK(matches(text,
                ".*\"message\":\"\\d+ lines of the log were dropped because nobody read "
                "them\"\\}\n.*\"message\":\"the next\"\\}\n"));
}

TEST_CASE("log level: our names", "[log]") {
  CHECK((log::parse_level("debug") == log::Level::debug));
  CHECK((log::parse_level("info") == log::Level::info));
  CHECK((log::parse_level("warning") == log::Level::warn));
  CHECK((log::parse_level("error") == log::Level::err));
  CHECK((log::parse_level("critical") == log::Level::critical));
}

TEST_CASE("log level: Python's names in any case", "[log]") {
  CHECK((log::parse_level("DEBUG") == log::Level::debug));
  CHECK((log::parse_level("Info") == log::Level::info));
  CHECK((log::parse_level("WARNING") == log::Level::warn));
  CHECK((log::parse_level("WARN") == log::Level::warn));
  CHECK((log::parse_level("ERROR") == log::Level::err));
  CHECK((log::parse_level("CRITICAL") == log::Level::critical));
  CHECK((log::parse_level("FATAL") == log::Level::critical));
  CHECK((log::parse_level("NOTSET") == log::Level::debug));
}

TEST_CASE("log level: no other name", "[log]") {
  for (const char* name : {"", " info", "info ", "verbose", "trace", "off", "20", "inf", "infos"})
    CHECK_FALSE(log::parse_level(name).has_value());
}

}  // namespace
}  // namespace event_consumer
