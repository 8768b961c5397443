#include "common/log.h"

#include <spdlog/formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

#include "common/nonblocking_writer.h"
#include "common/text.h"

namespace event_consumer::log {

std::optional<Level> parse_level(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Level>, 8> kLevels = {{
      {"debug", Level::debug},
      {"info", Level::info},
      {"warning", Level::warn},
      {"warn", Level::warn},
      {"error", Level::err},
      {"critical", Level::critical},
      {"fatal", Level::critical},
      {"notset", Level::debug},
  }};
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  for (const auto& [known, level] : kLevels)
    if (lower == known) return level;
  return std::nullopt;
}

namespace {

using SpdlogLevel = spdlog::level::level_enum;

SpdlogLevel for_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return SpdlogLevel::debug;
    case Level::info:
      return SpdlogLevel::info;
    case Level::warn:
      return SpdlogLevel::warn;
    case Level::err:
      return SpdlogLevel::err;
    case Level::critical:
      return SpdlogLevel::critical;
  }
  return SpdlogLevel::info;
}

// syslog(3)'s, as sd-daemon(3) wants them.
int priority(SpdlogLevel level) {
  switch (level) {
    case SpdlogLevel::trace:
    case SpdlogLevel::debug:
      return 7;
    case SpdlogLevel::warn:
      return 4;
    case SpdlogLevel::err:
      return 3;
    case SpdlogLevel::critical:
      return 2;
    default:
      return 6;
  }
}

// JOURNAL_STREAM names the device and the inode of the journal's end. It is inherited, and standard
// error may have been redirected since.
bool is_the_journal(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat facts {};
  return stream != nullptr && fstat(fd, &facts) == 0 &&
         stream == fmt::format("{}:{}", facts.st_dev, facts.st_ino);
}

std::string utc(std::chrono::system_clock::time_point time) {
  const auto since_epoch = time.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch - seconds);
  const std::time_t whole = seconds.count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> text;
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", text.data(), millis.count());
}

class LineFormatter : public spdlog::formatter {
 public:
  LineFormatter(Format format, bool to_journal) : format_(format), to_journal_(to_journal) {}

  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
    const std::string level(spdlog::level::to_string_view(line.level).data());
    const std::string_view name(line.logger_name.data(), line.logger_name.size());
    const std::string_view message(line.payload.data(), line.payload.size());
    const auto to = std::back_inserter(out);
    if (to_journal_) fmt::format_to(to, "<{}>", priority(line.level));
    switch (format_) {
      case Format::kJson:
        fmt::format_to(to, R"({{"time":"{}","level":"{}","process":{},"pid":{},"message":{}}})",
                       utc(line.time), level, json_string(name), getpid(), json_string(message));
        break;
      case Format::kText:
        if (!to_journal_) fmt::format_to(to, "{} {:<8} ", utc(line.time), level);
        fmt::format_to(to, "{}[{}] {}", name, getpid(), printable(message, message.size()));
        break;
    }
    out.push_back('\n');
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_, to_journal_);
  }

 private:
  Format format_;
  bool to_journal_;
};

// A log that nobody reads must not stop the work: lines that are not taken are counted and dropped.
class StderrSink : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    if (dropped_ > 0 && is_taken({line.logger_name, SpdlogLevel::warn, account()})) dropped_ = 0;
    if (dropped_ > 0 || !is_taken(line)) ++dropped_;
  }

  void flush_() override {}

  bool is_taken(const spdlog::details::log_msg& line) {
    spdlog::memory_buf_t text;
    formatter_->format(line, text);
    error_ = writer_.write({text.data(), text.size()});
    return error_ == 0;
  }

  std::string account() const {
    const bool one = dropped_ == 1;
    return fmt::format("{} line{} of the log {} dropped because {}", dropped_, one ? "" : "s",
                       one ? "was" : "were",
                       error_ == EAGAIN ? fmt::format("nobody read {}", one ? "it" : "them")
                                        : fmt::format("of: {}", std::strerror(error_)));
  }

  NonblockingWriter writer_{STDERR_FILENO};
  std::uint64_t dropped_ = 0;  // since the last line that was taken
  int error_ = 0;              // the latest reason
};

}  // namespace

void Writer::operator()(std::string_view line) const {
  spdlog::default_logger_raw()->log(for_spdlog(level_),
                                    spdlog::string_view_t(line.data(), line.size()));
}

void Writer::write(fmt::string_view format, fmt::format_args args) const {
  if (!spdlog::should_log(for_spdlog(level_))) return;
  try {
    (*this)(fmt::vformat(format, args));
  } catch (const fmt::format_error& error) {  // a mistake of ours, and no reason to end
    (*this)(std::string(format.data(), format.size()) + ": " + error.what());
  }
}

void set_level(Level level) { spdlog::set_level(for_spdlog(level)); }

void set_format(Format format) {
  spdlog::default_logger_raw()->set_formatter(
      std::make_unique<LineFormatter>(format, is_the_journal(STDERR_FILENO)));
}

void set_up(const std::string& process_name, Level level, Format format) {
  auto sink = std::make_shared<StderrSink>();
  auto logger = std::make_shared<spdlog::logger>(process_name, std::move(sink));
  logger->set_level(for_spdlog(level));
  logger->flush_on(SpdlogLevel::debug);
  spdlog::set_default_logger(std::move(logger));
  set_format(format);
}

}  // namespace event_consumer::log
