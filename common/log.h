// The log of both programs: lines on standard error, set up here and nowhere else. One line is one
// fact; URLs pass through common/redact.h first.
#pragma once

#include <spdlog/spdlog.h>

#include <optional>
#include <string>
#include <string_view>

namespace event_consumer::log {

using Level = spdlog::level::level_enum;

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::log;
using spdlog::warn;

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
// begins with «<N>», N being its priority, and text has neither time nor level of its own. May be
// called again, and must be before the first line.
void set_up(const std::string& process_name, Level level, Format format = Format::kText);

using spdlog::set_level;

}  // namespace event_consumer::log
