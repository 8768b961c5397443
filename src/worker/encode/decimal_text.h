// A number in decimal digits, taken apart and scaled without ever becoming a floating-point number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "worker/encode/wide_integer.h"

namespace event_consumer {

struct DecimalText {
  bool negative = false;
  std::string_view whole;     // digits before the point, perhaps none
  std::string_view fraction;  // digits after it, perhaps none; one of both has some
  bool has_point = false;
  std::int64_t exponent = 0;  // saturates far beyond what any column holds
};

// Takes an optional sign, digits, of which those before or those after the point may be absent, and
// an optional exponent. Returns nothing for any other text.
std::optional<DecimalText> split_decimal(std::string_view text);

// The magnitude of the number times 10^scale, without its fraction. False when the result has more
// than `maximum_digits` digits or 256 bits.
bool scale_decimal(const DecimalText& number, int scale, int maximum_digits,
                   WideInteger& magnitude);

}  // namespace event_consumer
