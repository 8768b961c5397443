#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>

#include "worker/encode/column_types.h"
#include "worker/encode/decimal_text.h"
#include "worker/encode/little_endian.h"
#include "worker/encode/wide_integer.h"
#include "worker/encode/writers.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

bool has_number(const JsonValue& value) {
  return value.kind == Kind::kNumber || value.kind == Kind::kString;
}

struct Magnitude {
  bool negative;
  std::uint64_t value;
};

// An optional sign and digits, as a magnitude of at most `negative_limit` or `positive_limit`.
Fit parse_integer(std::string_view text, std::uint64_t negative_limit, std::uint64_t positive_limit,
                  Magnitude& magnitude) {
  const bool has_sign = !text.empty() && (text.front() == '-' || text.front() == '+');
  magnitude.negative = has_sign && text.front() == '-';
  if (has_sign) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, magnitude.value);
  if (parsed.ptr != end || parsed.ec == std::errc::invalid_argument) return Fit::kBadValue;
  const std::uint64_t limit = magnitude.negative ? negative_limit : positive_limit;
  return parsed.ec == std::errc() && magnitude.value <= limit ? Fit::kFits : Fit::kOutOfRange;
}

template <typename Float>
Fit append_float(Float value, RowBuffer& row) {
  std::conditional_t<sizeof value == 4, std::uint32_t, std::uint64_t> bits;
  static_assert(sizeof bits == sizeof value);
  std::memcpy(&bits, &value, sizeof bits);
  append_little_endian(bits, row);
  return Fit::kFits;
}

}  // namespace

template <typename Integer>
Fit write_integer(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  if (value.kind == Kind::kBool) {
    append_little_endian(static_cast<Integer>(value.text == "true"), row);
    return Fit::kFits;
  }
  if (!has_number(value)) return Fit::kBadValue;
  constexpr std::uint64_t kPositiveLimit = std::numeric_limits<Integer>::max();
  constexpr std::uint64_t kNegativeLimit = std::is_signed_v<Integer> ? kPositiveLimit + 1 : 0;
  Magnitude magnitude{};
  const Fit fit = parse_integer(value.text, kNegativeLimit, kPositiveLimit, magnitude);
  if (fit != Fit::kFits) return fit;
  // Unsigned negation is the two's complement, also where the magnitude has no positive Integer.
  const std::uint64_t bits = magnitude.negative ? 0 - magnitude.value : magnitude.value;
  append_little_endian(static_cast<Integer>(bits), row);
  return Fit::kFits;
}
template Fit write_integer<std::uint8_t>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_integer<std::uint16_t>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_integer<std::uint32_t>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_integer<std::uint64_t>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_integer<std::int8_t>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_integer<std::int16_t>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_integer<std::int32_t>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_integer<std::int64_t>(const JsonValue&, const ColumnType&, RowBuffer&);

template <int kBytes, bool kSigned>
Fit write_wide_integer(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  constexpr int kMaximumDigits = 78;  // of 2^256
  WideInteger number;
  if (value.kind == Kind::kBool) {
    number.append_digit(value.text == "true" ? 1 : 0);
    number.append_little_endian(kBytes, row);
    return Fit::kFits;
  }
  if (!has_number(value)) return Fit::kBadValue;
  const auto text = split_decimal(value.text);
  const bool is_integer =
      text && !text->has_point && value.text.find_first_of("eE") == std::string_view::npos;
  if (!is_integer) return Fit::kBadValue;
  if (!scale_decimal(*text, 0, kMaximumDigits, number) || !number.fits(kBytes))
    return Fit::kOutOfRange;
  const bool negative = text->negative && !number.is_zero();
  if (negative) number.negate();
  if (kSigned ? number.sign_bit(kBytes) != negative : negative) return Fit::kOutOfRange;
  number.append_little_endian(kBytes, row);
  return Fit::kFits;
}
template Fit write_wide_integer<16, false>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_wide_integer<32, false>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_wide_integer<16, true>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_wide_integer<32, true>(const JsonValue&, const ColumnType&, RowBuffer&);

template <typename Float>
Fit write_float(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  if (value.kind == Kind::kBool) return append_float<Float>(value.text == "true" ? 1 : 0, row);
  if (!has_number(value) || value.text.empty()) return Fit::kBadValue;
  std::string_view text = value.text;
  if (text.front() == '+' && text.substr(1, 1) != "-") text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  Float number = 0;
  const auto parsed = std::from_chars(text.data(), end, number);
  // from_chars knows a nan(payload) of C; ClickHouse does not.
  if (parsed.ptr != end || parsed.ec == std::errc::invalid_argument || text.back() == ')') {
    return Fit::kBadValue;
  }
  if (parsed.ec != std::errc()) return Fit::kOutOfRange;
  return append_float(number, row);
}
template Fit write_float<float>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_float<double>(const JsonValue&, const ColumnType&, RowBuffer&);

Fit write_bfloat16(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  const std::size_t start = row.size();
  const Fit fit = write_float<float>(value, type, row);
  if (fit != Fit::kFits) return fit;
  const auto bits = read_last_little_endian<std::uint32_t>(row.view());
  row.truncate(start);
  constexpr std::uint32_t kSign = 0x8000'0000;
  if ((bits & ~kSign) != 0 && (bits & ~kSign) >> 16 == 0) return Fit::kOutOfRange;
  append_little_endian(static_cast<std::uint16_t>(bits >> 16), row);
  return Fit::kFits;
}

Fit write_decimal(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  if (!has_number(value)) return Fit::kBadValue;
  const auto text = split_decimal(value.text);
  if (!text) return Fit::kBadValue;
  WideInteger number;
  if (!scale_decimal(*text, type.scale, type.precision, number)) return Fit::kOutOfRange;
  if (text->negative) number.negate();
  number.append_little_endian(decimal_bytes(type.precision), row);
  return Fit::kFits;
}

Fit write_variant_decimal(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  const bool has_exponent = value.text.find_first_of("eE") != std::string_view::npos;
  if (value.kind == Kind::kString && !has_exponent) return Fit::kBadValue;
  return write_decimal(value, type, row);
}

}  // namespace event_consumer
