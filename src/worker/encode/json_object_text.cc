#include "worker/encode/json_object_text.h"

#include "common/text.h"

namespace event_consumer {

std::string to_json(const JsonValue& value) {
  if (value.is_empty()) return "null";
  return value.kind == JsonValue::Kind::kString ? json_string(value.text) : std::string(value.text);
}

void JsonObjectText::clear() {
  values_.clear();
  keys_.clear();
  places_.clear();
}

void JsonObjectText::begin(std::string_view key) {
  const auto [place, is_new] = places_.emplace(key, keys_.size());
  place_ = place->second;
  if (!is_new) return;
  keys_.push_back(json_string(key));
  values_.emplace_back();
}

void JsonObjectText::end(const JsonValue& value) { values_[place_] = to_json(value); }

std::string_view JsonObjectText::text() {
  text_ = "{";
  for (std::size_t i = 0; i < keys_.size(); ++i)
    text_.append(i == 0 ? "" : ",").append(keys_[i]).append(":").append(values_[i]);
  return text_ += "}";
}

}  // namespace event_consumer
