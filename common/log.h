// The log of both programs: lines on standard error, set up here and nowhere else. One line is one
// fact; URLs pass through common/redact.h first.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace event_consumer::log {

enum class Level { debug, info, warn, err, critical };

// Writes lines of one level: info("took {} rows", rows), formatted as fmt::format does, or a text
// as it is. Neither throws. spdlog's own functions are templates that bring the whole of it into
// every file.
class Writer {
 public:
  constexpr explicit Writer(Level level) : level_(level) {}

  void operator()(std::string_view line) const;
  template <typename Arg, typename... Args>
  void operator()(fmt::format_string<Arg, Args...> format, Arg&& arg, Args&&... args) const {
    write(format, fmt::make_format_args(arg, args...));
  }

 private:
  void write(fmt::string_view format, fmt::format_args args) const;

  Level level_;
};

inline constexpr Writer debug(Level::debug);
inline constexpr Writer info(Level::info);
inline constexpr Writer warn(Level::warn);
inline constexpr Writer error(Level::err);

// The same with a level that is known only then.
template <typename... Args>
void log(Level level, Args&&... args) {
  Writer{level}(std::forward<Args>(args)...);
}

// The level by its name: debug, info, warning (warn), error, critical (fatal), in any case, as
// Python's logging calls them. Nothing when there is no such level.
std::optional<Level> parse_level(std::string_view name);

enum class Format {
  kText,  // «2026-01-02T03:04:05.678Z info     worker 1[4711] message»
  kJson,  // {"time":…,"level":…,"process":"worker 1","pid":4711,"message":…}
};

// Sends all lines of level `level` and above to standard error, each with the UTC time, the level,
// `process_name` and the process id. Whatever bytes a message has, it is one line of valid UTF-8.
// When standard error is the journal (sd-daemon(3), JOURNAL_STREAM in systemd.exec(5)), a line
// begins with «<N>», N being its priority, and text has neither time nor level of its own. No line
// waits for a reader: what is not taken is dropped, and a line says how much once one is taken
// again. To be called once, before the first line.
void set_up(const std::string& process_name, Level level, Format format = Format::kText);

// From now on only lines of this level and above, or all in this format. What was dropped before
// is told all the same.
void set_level(Level level);
void set_format(Format format);

}  // namespace event_consumer::log
