#include "worker/encode/json_object_text.h"

#include <algorithm>
#include <numeric>
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
}

void JsonObjectText::begin(std::string_view key) {
  const auto begin = static_cast<std::uint32_t>(parts_.size());
  parts_ += json_string(key);
  const auto end = static_cast<std::uint32_t>(parts_.size());
  members_.push_back({begin, end, end, end});
}

void JsonObjectText::end(const JsonValue& value) {
  parts_ += to_json(value);
  members_.back().value_end = static_cast<std::uint32_t>(parts_.size());
}

std::string_view JsonObjectText::text() {
  join_doubled();
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
         by_key_.capacity() * sizeof(std::uint32_t);
}

// Gives the first member of each key the value of the last one, and drops all others.
void JsonObjectText::join_doubled() {
  by_key_.resize(members_.size());
  std::iota(by_key_.begin(), by_key_.end(), 0);
  const auto place_of_key = [this](std::uint32_t member) {
    return std::pair(key_of(members_[member]), member);
  };
  std::sort(by_key_.begin(), by_key_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return place_of_key(a) < place_of_key(b); });
  std::size_t first = 0;
  for (std::size_t i = 1; i < by_key_.size(); ++i) {
    Member& kept = members_[by_key_[first]];
    Member& next = members_[by_key_[i]];
    if (key_of(next) != key_of(kept)) {
      first = i;
      continue;
    }
    kept.value = next.value;
    kept.value_end = next.value_end;
    next.key_end = next.key;
  }
  members_.erase(std::remove_if(members_.begin(), members_.end(),
                                [this](const Member& each) { return key_of(each).empty(); }),
                 members_.end());
}

}  // namespace event_consumer
