// Takes the text of a JSON array apart, one element at a time. The text was parsed before as a part
// of its event (json_event.h), so it is known to be valid and nothing is checked again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "worker/encode/json_value.h"

namespace event_consumer {

class JsonArray {
 public:
  // `text` is a valid array, from bracket to bracket.
  explicit JsonArray(std::string_view text) : text_(text) {}

  // The next element, or nothing after the last. Its text is valid until the next call and as long
  // as the text of the array.
  std::optional<JsonValue> next();

 private:
  JsonValue take_string();
  JsonValue take_compound();
  JsonValue take_word();

  std::string_view text_;
  std::size_t at_ = 1;
  std::string unescaped_;  // the last element, if it was a string with an escape
};

}  // namespace event_consumer
