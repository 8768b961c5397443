// Takes the text of a JSON array or object apart, one element at a time; of an object the keys and
// the values come in turn. The text was parsed before as a part of its event (json_event.h), so it
// is known to be valid and nothing is checked again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "worker/encode/json_value.h"

namespace event_consumer {

class JsonCompound {
 public:
  // `text` is a valid array or object, from bracket to bracket. Begins at its first element, or at
  // what position() said before.
  explicit JsonCompound(std::string_view text, std::size_t position = 1)
      : text_(text), at_(position) {}

  // The next element, or nothing after the last. Its text is valid until the next call and as long
  // as the text of the array or object.
  std::optional<JsonValue> next();

  // Where the next element is looked for.
  std::size_t position() const { return at_; }

 private:
  JsonValue take_string();
  JsonValue take_compound();
  JsonValue take_word();

  std::string_view text_;
  std::size_t at_;
  std::string unescaped_;  // the last element, if it was a string with an escape
};

}  // namespace event_consumer
