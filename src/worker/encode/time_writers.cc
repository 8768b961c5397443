#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "worker/encode/calendar.h"
#include "worker/encode/column_types.h"
#include "worker/encode/little_endian.h"
#include "worker/encode/text_cursor.h"
#include "worker/encode/timestamp.h"
#include "worker/encode/writers.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

// Nothing when the value is neither a number nor a text that reads as a time.
std::optional<Timestamp> read_timestamp(const JsonValue& value) {
  if (value.kind == Kind::kString) return parse_timestamp(value.text);
  if (value.kind == Kind::kNumber) return parse_epoch(value.text);
  return std::nullopt;
}

constexpr std::int64_t kPowersOfTen[] = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

struct Days {
  Fit fit;
  std::int64_t count;  // since 1970-01-01
};

Days read_days(const JsonValue& value, std::int64_t first, std::int64_t last) {
  std::int64_t days = 0;
  if (value.kind == Kind::kString) {
    const auto date = parse_date(value.text);
    if (!date) return {Fit::kBadValue, 0};
    days = *date;
  } else if (value.kind == Kind::kNumber) {
    const char* const end = value.text.data() + value.text.size();
    const auto parsed = std::from_chars(value.text.data(), end, days);
    if (parsed.ptr != end) return {Fit::kBadValue, 0};
    if (parsed.ec != std::errc()) return {Fit::kOutOfRange, 0};
  } else {
    return {Fit::kBadValue, 0};
  }
  return {days < first || days > last ? Fit::kOutOfRange : Fit::kFits, days};
}

constexpr std::int64_t kLastSecondOfTime = 999 * 3600 + 59 * 60 + 59;

// `[-]H:MM:SS`, one to three digits for the hours, and a fraction where there may be one, in ticks.
std::optional<std::int64_t> parse_time_of_day(std::string_view text, bool may_have_fraction,
                                              int precision) {
  TextCursor cursor(text);
  const bool is_negative = cursor.take('-');
  std::int64_t hours = 0;
  int digits = 0;
  for (; cursor.is_digit() && digits < 3; ++digits) hours = hours * 10 + cursor.take_digit();
  int minutes = 0;
  int seconds = 0;
  const bool is_time = digits > 0 && cursor.take(':') && cursor.take_digits(2, minutes) &&
                       cursor.take(':') && cursor.take_digits(2, seconds) && minutes < 60 &&
                       seconds < 60;
  if (!is_time) return std::nullopt;
  std::int64_t ticks = (hours * 3600 + minutes * 60 + seconds) * kPowersOfTen[precision];
  if (!cursor.done()) {
    if (!may_have_fraction || !cursor.take('.') || !cursor.is_digit()) return std::nullopt;
    for (std::int64_t tick = kPowersOfTen[precision]; cursor.is_digit();)
      ticks += cursor.take_digit() * (tick /= 10);
    if (!cursor.done()) return std::nullopt;
  }
  return is_negative ? -ticks : ticks;
}

template <typename Integer>
Fit append_time_of_day(const JsonValue& value, int precision, RowBuffer& row) {
  std::int64_t ticks = 0;
  if (value.kind == Kind::kString) {
    const auto parsed = parse_time_of_day(value.text, sizeof(Integer) == 8, precision);
    if (!parsed) return Fit::kBadValue;
    ticks = *parsed;
  } else if (value.kind == Kind::kNumber) {
    const char* const end = value.text.data() + value.text.size();
    const auto parsed = std::from_chars(value.text.data(), end, ticks);
    if (parsed.ptr != end) return Fit::kBadValue;
    if (parsed.ec != std::errc()) return Fit::kOutOfRange;
  } else {
    return Fit::kBadValue;
  }
  const std::int64_t end = (kLastSecondOfTime + 1) * kPowersOfTen[precision];
  if (ticks <= -end || ticks >= end) return Fit::kOutOfRange;
  append_little_endian(static_cast<Integer>(ticks), row);
  return Fit::kFits;
}

}  // namespace

Fit write_time(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  return append_time_of_day<std::int32_t>(value, 0, row);
}

Fit write_time64(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  return append_time_of_day<std::int64_t>(value, type.precision, row);
}

Fit write_date(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  const Days days = read_days(value, 0, std::numeric_limits<std::uint16_t>::max());
  if (days.fit == Fit::kFits) append_little_endian(static_cast<std::uint16_t>(days.count), row);
  return days.fit;
}

Fit write_date32(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  constexpr std::int64_t kFirstDay = -25'567;  // 1900-01-01
  constexpr std::int64_t kLastDay = 120'529;   // 2299-12-31
  const Days days = read_days(value, kFirstDay, kLastDay);
  if (days.fit == Fit::kFits) append_little_endian(static_cast<std::int32_t>(days.count), row);
  return days.fit;
}

Fit write_date_time(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  const auto timestamp = read_timestamp(value);
  if (!timestamp) return Fit::kBadValue;
  if (timestamp->seconds < 0 || timestamp->seconds > std::numeric_limits<std::uint32_t>::max()) {
    return Fit::kOutOfRange;
  }
  append_little_endian(static_cast<std::uint32_t>(timestamp->seconds), row);
  return Fit::kFits;
}

Fit write_date_time64(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
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
  append_little_endian(ticks, row);
  return Fit::kFits;
}

bool is_point_in_time(const ColumnType& type) {
  return type.write == write_date_time || type.write == write_date_time64;
}

double read_written_time(const ColumnType& type, std::string_view rows) {
  if (type.write == write_date_time) return read_last_little_endian<std::uint32_t>(rows);
  return static_cast<double>(read_last_little_endian<std::int64_t>(rows)) /
         static_cast<double>(kPowersOfTen[type.precision]);
}

}  // namespace event_consumer
