// One value of an event as the parser leaves it for a column: its kind and its text. Owns nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace event_consumer {

struct JsonValue {
  enum class Kind : std::uint8_t {
    kAbsent,    // the event has no such key; no text
    kNull,      // no text
    kBool,      // `true` or `false`
    kNumber,    // the text of the number as it stood in the body
    kString,    // its characters, unescaped, valid UTF-8; may contain NUL
    kCompound,  // an object or an array, its whole text as it stood in the body
  };
  Kind kind = Kind::kAbsent;
  std::string_view text;

  bool is_empty() const { return kind == Kind::kAbsent || kind == Kind::kNull; }
};

}  // namespace event_consumer
