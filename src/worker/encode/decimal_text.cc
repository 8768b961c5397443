#include "worker/encode/decimal_text.h"

#include <cstddef>

namespace event_consumer {
namespace {

constexpr std::int64_t kHugeExponent = 1'000'000'000'000;

std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= '0' && text[length] <= '9') ++length;
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

// '+', '-' or nothing; true for '-'.
bool take_sign(std::string_view& text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

std::int64_t to_exponent(std::string_view digits, bool negative) {
  std::int64_t exponent = 0;
  for (const char digit : digits) {
    if (exponent < kHugeExponent) exponent = exponent * 10 + (digit - '0');
  }
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<DecimalText> split_decimal(std::string_view text) {
  DecimalText number;
  number.negative = take_sign(text);
  number.whole = take_digits(text);
  if (!text.empty() && text.front() == '.') {
    number.has_point = true;
    text.remove_prefix(1);
    number.fraction = take_digits(text);
  }
  if (number.whole.empty() && number.fraction.empty()) return std::nullopt;
  if (text.empty()) return number;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool negative_exponent = take_sign(text);
  const std::string_view digits = take_digits(text);
  if (digits.empty() || !text.empty()) return std::nullopt;
  number.exponent = to_exponent(digits, negative_exponent);
  return number;
}

bool scale_decimal(const DecimalText& number, int scale, int maximum_digits,
                   WideInteger& magnitude) {
  magnitude = WideInteger{};
  // Of the digits, written one after the other without the point, so many count.
  std::int64_t left =
      static_cast<std::int64_t>(number.whole.size()) + number.exponent + std::int64_t{scale};
  int significant = 0;
  for (const std::string_view digits : {number.whole, number.fraction}) {
    for (const char digit : digits) {
      if (left-- <= 0) return true;
      if (significant == 0 && digit == '0') continue;
      if (++significant > maximum_digits) return false;
      if (!magnitude.append_digit(static_cast<unsigned>(digit - '0'))) return false;
    }
  }
  if (significant == 0) return true;
  for (; left > 0; --left) {
    if (++significant > maximum_digits || !magnitude.append_digit(0)) return false;
  }
  return true;
}

}  // namespace event_consumer
