// The declared values of an Enum, by name and by number, read from the type's text. Knows nothing
// of rows.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "worker/encode/json_value.h"

namespace event_consumer {

class EnumValues {
 public:
  // Reads `'a' = 1, 'b' = -2`, what ClickHouse writes between the parentheses of an Enum. Returns
  // nothing for any other text, and where a number is outside of `lowest` … `highest`.
  static std::optional<EnumValues> parse(std::string_view declaration, int lowest, int highest);

  // The number to store for a value, which is a declared name, or else a declared number, quoted or
  // not, without sign +, point and exponent. Nothing for any other value.
  std::optional<std::int16_t> find(const JsonValue& value) const;

  // The number of the value declared first, which ClickHouse stores where none is given.
  std::int16_t first() const { return first_; }

 private:
  std::map<std::string, std::int16_t, std::less<>> by_name_;
  std::set<std::int16_t> numbers_;
  std::int16_t first_ = 0;
};

}  // namespace event_consumer
