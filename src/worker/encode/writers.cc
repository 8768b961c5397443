#include "worker/encode/writers.h"

#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

#include "worker/encode/column_types.h"
#include "worker/encode/little_endian.h"
#include "worker/encode/timestamp.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

template <typename Integer>
Fit append_little_endian(Integer value, std::string& row) {
  const std::uint64_t word = little_endian(static_cast<std::uint64_t>(value));
  row.append(reinterpret_cast<const char*>(&word), sizeof value);
  return Fit::kFits;
}

Fit append_float64(double value, std::string& row) {
  std::uint64_t bits;
  static_assert(sizeof bits == sizeof value);
  std::memcpy(&bits, &value, sizeof bits);
  return append_little_endian(bits, row);
}

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

// Nothing when the value is neither a number nor a text that reads as a time.
std::optional<Timestamp> read_timestamp(const JsonValue& value) {
  if (value.kind == Kind::kString) return parse_timestamp(value.text);
  if (value.kind == Kind::kNumber) return parse_epoch(value.text);
  return std::nullopt;
}

constexpr std::int64_t kPowersOfTen[] = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

}  // namespace

Fit write_string(const JsonValue& value, const ColumnType&, std::string& row) {
  if (value.kind == Kind::kCompound) return Fit::kBadValue;
  std::size_t length = value.text.size();
  for (; length >= 0x80; length >>= 7) row.push_back(static_cast<char>(length | 0x80));
  row.push_back(static_cast<char>(length));
  row.append(value.text);
  return Fit::kFits;
}

template <typename Integer>
Fit write_integer(const JsonValue& value, const ColumnType&, std::string& row) {
  if (value.kind == Kind::kBool) {
    return append_little_endian(static_cast<Integer>(value.text == "true"), row);
  }
  if (!has_number(value)) return Fit::kBadValue;
  constexpr std::uint64_t kPositiveLimit = std::numeric_limits<Integer>::max();
  constexpr std::uint64_t kNegativeLimit = std::is_signed_v<Integer> ? kPositiveLimit + 1 : 0;
  Magnitude magnitude{};
  const Fit fit = parse_integer(value.text, kNegativeLimit, kPositiveLimit, magnitude);
  if (fit != Fit::kFits) return fit;
  // Unsigned negation is the two's complement, also where the magnitude has no positive Integer.
  const std::uint64_t bits = magnitude.negative ? 0 - magnitude.value : magnitude.value;
  return append_little_endian(static_cast<Integer>(bits), row);
}
template Fit write_integer<std::uint8_t>(const JsonValue&, const ColumnType&, std::string&);
template Fit write_integer<std::uint16_t>(const JsonValue&, const ColumnType&, std::string&);
template Fit write_integer<std::uint32_t>(const JsonValue&, const ColumnType&, std::string&);
template Fit write_integer<std::uint64_t>(const JsonValue&, const ColumnType&, std::string&);
template Fit write_integer<std::int8_t>(const JsonValue&, const ColumnType&, std::string&);
template Fit write_integer<std::int16_t>(const JsonValue&, const ColumnType&, std::string&);
template Fit write_integer<std::int32_t>(const JsonValue&, const ColumnType&, std::string&);
template Fit write_integer<std::int64_t>(const JsonValue&, const ColumnType&, std::string&);

Fit write_float64(const JsonValue& value, const ColumnType&, std::string& row) {
  if (value.kind == Kind::kBool) return append_float64(value.text == "true" ? 1 : 0, row);
  if (!has_number(value) || value.text.empty()) return Fit::kBadValue;
  std::string_view text = value.text;
  if (text.front() == '+' && text.substr(1, 1) != "-") text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  double number = 0;
  const auto parsed = std::from_chars(text.data(), end, number);
  // from_chars knows a nan(payload) of C; ClickHouse does not.
  if (parsed.ptr != end || parsed.ec == std::errc::invalid_argument || text.back() == ')') {
    return Fit::kBadValue;
  }
  if (parsed.ec != std::errc()) return Fit::kOutOfRange;
  return append_float64(number, row);
}

Fit write_date_time(const JsonValue& value, const ColumnType&, std::string& row) {
  const auto timestamp = read_timestamp(value);
  if (!timestamp) return Fit::kBadValue;
  if (timestamp->seconds < 0 || timestamp->seconds > std::numeric_limits<std::uint32_t>::max()) {
    return Fit::kOutOfRange;
  }
  return append_little_endian(static_cast<std::uint32_t>(timestamp->seconds), row);
}

Fit write_date_time64(const JsonValue& value, const ColumnType& type, std::string& row) {
  constexpr std::int64_t kFirstSecond = -2'208'988'800;  // 1900-01-01 00:00:00
  constexpr std::int64_t kLastSecond = 10'413'791'999;   // 2299-12-31 23:59:59
  const auto timestamp = read_timestamp(value);
  if (!timestamp) return Fit::kBadValue;
  if (timestamp->seconds < kFirstSecond || timestamp->seconds > kLastSecond) {
    return Fit::kOutOfRange;
  }
  const std::int64_t fraction = timestamp->nanoseconds / kPowersOfTen[9 - type.precision];
  std::int64_t ticks;
  if (__builtin_mul_overflow(timestamp->seconds, kPowersOfTen[type.precision], &ticks) ||
      __builtin_add_overflow(ticks, fraction, &ticks)) {
    return Fit::kOutOfRange;
  }
  return append_little_endian(ticks, row);
}

}  // namespace event_consumer
