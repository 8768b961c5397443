#include "worker/encode/timestamp.h"

#include <algorithm>

#include "worker/encode/calendar.h"
#include "worker/encode/decimal_text.h"
#include "worker/encode/loose_timestamp.h"
#include "worker/encode/text_cursor.h"

namespace event_consumer {
namespace {

constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int32_t kNanosecondsPerSecond = 1'000'000'000;
constexpr int kNanosecondDigits = 9;

// Numbers since the epoch are told apart by their size: from here on they count milliseconds, and
// so on. Each limit is the year 5138 in the unit below it, which no column holds.
constexpr std::uint64_t kFirstMilliseconds = 100'000'000'000;
constexpr std::uint64_t kFirstMicroseconds = 1000 * kFirstMilliseconds;
constexpr std::uint64_t kFirstNanoseconds = 1000 * kFirstMicroseconds;
constexpr int kEpochDigits = 20;  // of a number of nanoseconds until 2299, and far beyond
constexpr std::int64_t kFarAway = 1'000'000'000'000'000'000;

bool take_date(TextCursor& cursor, bool dashes, std::int64_t& seconds) {
  int year, month, day;
  if (!cursor.take_digits(4, year) || (dashes && !cursor.take('-')) ||
      !cursor.take_digits(2, month) || (dashes && !cursor.take('-')) ||
      !cursor.take_digits(2, day) || !is_date(year, month, day)) {
    return false;
  }
  seconds = days_since_epoch(year, month, day) * kSecondsPerDay;
  return true;
}

// `hh:mm` or `hh:mm:ss`, perhaps with a fraction, or, without colons, `hhmmss`.
bool take_time(TextCursor& cursor, bool colons, Timestamp& timestamp) {
  int hour, minute, second = 0;
  if (!cursor.take_digits(2, hour) || hour > 23 || (colons && !cursor.take(':')) ||
      !cursor.take_digits(2, minute) || minute > 59) {
    return false;
  }
  const bool has_seconds = !colons || cursor.take(':');
  if (has_seconds && (!cursor.take_digits(2, second) || second > 59)) return false;
  timestamp.seconds += hour * 3600 + minute * 60 + second;
  const bool has_fraction = colons && has_seconds && cursor.take('.');
  return !has_fraction || cursor.take_fraction(timestamp.nanoseconds);
}

// Everything up to the end of the text: nothing, Z, UTC or an offset, which is subtracted.
bool take_zone(TextCursor& cursor, std::int64_t& seconds) {
  if (cursor.done()) return true;
  cursor.take(' ');
  if (cursor.take('Z') || cursor.take('z')) return cursor.done();
  if (cursor.take('U')) return cursor.take('T') && cursor.take('C') && cursor.done();
  const int sign = cursor.take('+') ? 1 : cursor.take('-') ? -1 : 0;
  int hours = 0;
  int minutes = 0;
  if (sign == 0 || !cursor.take_digits(2, hours) || hours > 23) return false;
  if (!cursor.done()) {
    cursor.take(':');
    if (!cursor.take_digits(2, minutes) || minutes > 59) return false;
  }
  seconds -= sign * (hours * 3600 + minutes * 60);
  return cursor.done();
}

std::optional<Timestamp> parse_calendar(std::string_view text) {
  TextCursor cursor(text);
  Timestamp timestamp{};
  if (!take_date(cursor, true, timestamp.seconds)) return std::nullopt;
  if (cursor.done()) return timestamp;
  if (!cursor.take('T') && !cursor.take(' ') && !cursor.take('t')) return std::nullopt;
  if (!take_time(cursor, true, timestamp)) return std::nullopt;
  if (!take_zone(cursor, timestamp.seconds)) return std::nullopt;
  return timestamp;
}

std::optional<Timestamp> parse_digits(std::string_view text) {
  TextCursor cursor(text);
  Timestamp timestamp{};
  if (!take_date(cursor, false, timestamp.seconds)) return std::nullopt;
  if (!cursor.done() && !take_time(cursor, false, timestamp)) return std::nullopt;
  return timestamp;
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  if (text.size() > 4 && text[4] == '-') {
    const auto usual = parse_calendar(text);
    return usual ? usual : LooseTimestamp::read(text);
  }
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == text.size() && (digits == 8 || digits == 14)) return parse_digits(text);
  // A year, a year and a month, or a time with a fraction, rather than a number.
  const bool is_date = (digits == 4 || digits == 6 || digits == 14) &&
                       (digits == text.size() || text[digits] == '.');
  const auto number = is_date ? std::nullopt : parse_epoch(text);
  return number ? number : LooseTimestamp::read(text);
}

std::optional<Timestamp> parse_epoch(std::string_view number) {
  const auto decimal = split_decimal(number);
  if (!decimal || number.front() == '+' || decimal->whole.empty() ||
      (decimal->has_point && decimal->fraction.empty())) {
    return std::nullopt;
  }
  WideInteger magnitude;
  if (!scale_decimal(*decimal, kNanosecondDigits, kEpochDigits + kNanosecondDigits, magnitude)) {
    return Timestamp{decimal->negative ? -kFarAway : kFarAway, 0};
  }
  unsigned __int128 nanoseconds = magnitude.low_128();
  for (const std::uint64_t first : {kFirstMilliseconds, kFirstMicroseconds, kFirstNanoseconds}) {
    const auto limit = static_cast<unsigned __int128>(first) * kNanosecondsPerSecond;
    if (magnitude.low_128() >= limit) nanoseconds /= 1000;
  }
  const auto seconds = static_cast<std::int64_t>(nanoseconds / kNanosecondsPerSecond);
  const auto rest = static_cast<std::int32_t>(nanoseconds % kNanosecondsPerSecond);
  if (!decimal->negative) return Timestamp{seconds, rest};
  if (rest == 0) return Timestamp{-seconds, 0};
  return Timestamp{-seconds - 1, kNanosecondsPerSecond - rest};
}

}  // namespace event_consumer
