#include "supervisor/status/status_values.h"

#include <spdlog/fmt/fmt.h>

#include <limits>

#include "common/text.h"

namespace event_consumer {

rapidjson::Document parse_status(const std::string& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  return document;
}

const Value& member(const Value& object, const char* key) {
  static const Value kNull;
  if (!object.IsObject()) return kNull;
  const auto at = object.FindMember(key);
  return at == object.MemberEnd() ? kNull : at->value;
}

std::string text(const Value& object, const char* key) {
  const Value& value = member(object, key);
  if (!value.IsString()) return "";
  return printable({value.GetString(), value.GetStringLength()},
                   std::numeric_limits<std::size_t>::max());
}

std::uint64_t number(const Value& object, const char* key) {
  const Value& value = member(object, key);
  return value.IsUint64() ? value.GetUint64() : 0;
}

bool is_true(const Value& object, const char* key) { return member(object, key).IsTrue(); }

std::string age(const Value& object, const char* key) {
  const Value& value = member(object, key);
  if (!value.IsNumber()) return "";
  const double seconds = value.GetDouble();
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} days", seconds / 86400);
}

}  // namespace event_consumer
