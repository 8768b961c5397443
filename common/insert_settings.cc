#include "common/insert_settings.h"

#include <algorithm>
#include <string_view>

#include "common/text.h"

namespace event_consumer {
namespace {

constexpr char kAnswer[] = "the service sends it itself, so that an answer means «stored»";
constexpr char kRepetition[] =
    "the service sends it itself, so that a repeated insert is known as one";
constexpr char kRows[] = "how rows are read follows from how the service writes them";
constexpr char kWhole[] = "an insert would be stored in parts, and is whole or not at all";
constexpr char kRequest[] = "it is no setting, but a part of the request, which is the service's";
constexpr char kLogin[] = "options of their own say who logs in and where";

struct Refused {
  std::string_view name;  // a «*» at its end or its beginning stands for anything
  const char* reason;
};

constexpr Refused kRefused[] = {
    {"wait_end_of_query", kAnswer},
    {"async_insert", kAnswer},
    {"wait_for_async_insert", kAnswer},
    {"insert_distributed_sync", kAnswer},
    {"distributed_foreground_insert", kAnswer},
    {"query_id", kRepetition},
    {"insert_deduplication_token", kRepetition},
    {"insert_deduplicate", kRepetition},
    {"deduplicate_insert", kRepetition},
    {"deduplicate_blocks_in_dependent_materialized_views", kRepetition},
    {"input_format_*", kRows},
    {"max_query_size", "the service sends it itself where a statement needs it"},
    {"max_insert_block_size*", kWhole},
    {"min_insert_block_size_rows", kWhole},
    {"*_overflow_mode", kWhole},
    {"query", kRequest},
    {"default_format", kRequest},
    {"session_*", kRequest},
    {"param_*", kRequest},
    {"compress", kRequest},
    {"decompress", kRequest},
    {"buffer_size", kRequest},
    {"stacktrace", kRequest},
    {"close_session", kRequest},
    {"quota_key", kRequest},
    {"profile", kRequest},
    {"role", kRequest},
    {"user", kLogin},
    {"password", kLogin},
    {"database", kLogin},
};

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.front() == '*') {
    pattern.remove_prefix(1);
    return ends_with(name, pattern);
  }
  if (pattern.back() != '*') return name == pattern;
  pattern.remove_suffix(1);
  return starts_with(name, pattern);
}

// Goes into a URL as it is.
bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

ParseError parse_insert_settings(const std::string& text, InsertSettings& settings) {
  settings.clear();
  for (const std::string& item : parse_list(text)) {
    const std::size_t end = item.find('=');
    const std::string name = item.substr(0, end);
    if (end == std::string::npos || !is_name(name))
      return "expected NAME=VALUE, several separated by commas";
    for (const auto& [pattern, reason] : kRefused)
      if (matches(pattern, name)) return name + " cannot be set: " + reason;
    const bool is_twice = std::any_of(settings.begin(), settings.end(),
                                      [&](const auto& given) { return given.first == name; });
    if (is_twice) return name + " is given twice";
    settings.emplace_back(name, item.substr(end + 1));
  }
  return std::nullopt;
}

}  // namespace event_consumer
