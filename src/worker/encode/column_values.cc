#include "worker/encode/column_values.h"

#include <algorithm>
#include <utility>

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

bool takes_everything(const ColumnOrigin& origin) {
  return origin.field == MessageField::kBody || origin.field == MessageField::kUnmatched;
}

// The place of the key among the `keys` that are looked for, each once.
std::size_t place_of_key(const std::string& key, std::vector<std::string>& keys) {
  const auto found = std::find(keys.begin(), keys.end(), key);
  const auto place = static_cast<std::size_t>(found - keys.begin());
  if (found == keys.end()) keys.push_back(key);
  return place;
}

bool gathers_unmatched(const ColumnOrigin& origin) {
  return origin.field == MessageField::kUnmatched;
}

}  // namespace

ColumnValues::ColumnValues(const std::vector<ColumnOrigin>& origins)
    : reads_events_(!takes_any_body(origins)),
      takes_everything_(std::any_of(origins.begin(), origins.end(), takes_everything)),
      places_(origins.size()),
      event_({}) {
  const auto looks_for_key = [&](const ColumnOrigin& origin) {
    return reads_events_ && !origin.path.empty();
  };
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < origins.size(); ++i)
    if (looks_for_key(origins[i])) places_[i] = place_of_key(origins[i].path.front(), keys);
  std::size_t size = keys.size();
  for (std::size_t i = 0; i < origins.size(); ++i) {
    const ColumnOrigin& origin = origins[i];
    if (origin.path.size() > 1) {
      places_[i] = paths_.add(places_[i], origin.path, size);
      if (places_[i] == size) ++size;
    } else if (origin.field) {
      FromMessage& from = from_message_.emplace_back();
      if (looks_for_key(origin)) from.key_place = places_[i];
      from.field = *origin.field;
      from.header = origin.header;
      from.place = places_[i] = size++;
      from.is_given = origin.is_given;
      from.is_object = origin.is_object;
    }
  }
  const std::size_t more = size - keys.size();
  event_ = JsonEvent(std::move(keys), more);
  if (std::any_of(origins.begin(), origins.end(), gathers_unmatched)) event_.gather_unmatched();
}

std::optional<Rejection> ColumnValues::read(std::string_view body, MessageValues& message) {
  body_ = body;
  message_ = &message;
  if (reads_events_)
    if (auto rejection = event_.read(body)) return rejection;
  fill();
  return std::nullopt;
}

std::optional<Rejection> ColumnValues::read_next() {
  if (auto rejection = event_.read_next()) return rejection;
  fill();
  return std::nullopt;
}

// What is not the value of a key.
void ColumnValues::fill() {
  fits_ = takes_everything_ || (reads_events_ && event_.has_known_key());
  if (reads_events_ && !paths_.empty()) paths_.fill(event_.values());
  for (const FromMessage& from : from_message_) {
    JsonValue& value = event_.values()[from.place];
    value = from.key_place ? event_.values()[*from.key_place] : JsonValue();
    if (value.kind != Kind::kAbsent) continue;
    value = value_of(from);
    if (from.is_given && value.kind != Kind::kAbsent) fits_ = true;
  }
}

JsonValue ColumnValues::value_of(const FromMessage& from) {
  if (from.is_object) return {Kind::kCompound, event_.text()};
  if (from.field == MessageField::kBody) return {Kind::kString, body_};
  if (from.field == MessageField::kUnmatched) return {Kind::kCompound, event_.unmatched().text()};
  if (from.field != MessageField::kEventIndex) return message_->value(from.field, from.header);
  event_index_ = std::to_string(event_.position());
  return {Kind::kNumber, event_index_};
}

}  // namespace event_consumer
