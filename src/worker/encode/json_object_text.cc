#include "worker/encode/json_object_text.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/text.h"

namespace event_consumer {

std::string to_json(const JsonValue& value) {
  if (value.is_empty()) return "null";
  return value.kind == JsonValue::Kind::kString ? json_string(value.text) : std::string(value.text);
}

void JsonObjectText::clear() {
  parts_.clear();
  members_.clear();
  // Not filled with zeros: that would take as long each time as for the most members that there
  // were.
  hashed_.clear();
}

void JsonObjectText::begin(std::string_view key) {
  const std::string quoted = json_string(key);
  if (2 * members_.size() >= hashed_.size()) grow();
  std::uint32_t& number = place_of(quoted);
  if (number == 0) {
    const auto begin = static_cast<std::uint32_t>(parts_.size());
    parts_ += quoted;
    const auto end = static_cast<std::uint32_t>(parts_.size());
    members_.push_back({begin, end, end, end});
    number = static_cast<std::uint32_t>(members_.size());
  }
  member_ = number - 1;
}

void JsonObjectText::end(const JsonValue& value) {
  Member& member = members_[member_];
  member.value = static_cast<std::uint32_t>(parts_.size());
  parts_ += to_json(value);
  member.value_end = static_cast<std::uint32_t>(parts_.size());
}

std::string_view JsonObjectText::text() {
  const std::string_view parts = parts_;
  text_ = "{";
  text_.reserve(parts.size() + 2 * members_.size() + 2);
  for (const Member& each : members_) {
    if (text_.size() > 1) text_ += ',';
    text_ += key_of(each);
    text_ += ':';
    text_ += parts.substr(each.value, each.value_end - each.value);
  }
  return text_ += '}';
}

std::size_t JsonObjectText::capacity() const {
  return parts_.capacity() + text_.capacity() + members_.capacity() * sizeof(Member) +
         hashed_.capacity() * sizeof(std::uint32_t);
}

// Where the number of the key's member stands, or 0 when it has none yet. There is a free place.
std::uint32_t& JsonObjectText::place_of(std::string_view key) {
  std::size_t at = std::hash<std::string_view>()(key) % hashed_.size();
  while (hashed_[at] != 0 && key_of(members_[hashed_[at] - 1]) != key)
    at = (at + 1) % hashed_.size();
  return hashed_[at];
}

void JsonObjectText::grow() {
  constexpr std::size_t kFirst = 16;
  hashed_.assign(std::max(kFirst, 2 * hashed_.size()), 0);
  for (std::size_t i = 0; i < members_.size(); ++i)
    place_of(key_of(members_[i])) = static_cast<std::uint32_t>(i + 1);
}

}  // namespace event_consumer
