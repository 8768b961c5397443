#include "common/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

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

void set_up(const std::string& process_name, Level level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>(process_name, std::move(sink));
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ %-8l %n[%P] %v", spdlog::pattern_time_type::utc));
  logger->set_level(level);
  logger->flush_on(Level::debug);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace event_consumer::log
