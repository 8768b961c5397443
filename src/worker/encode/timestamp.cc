#include "worker/encode/timestamp.h"

namespace event_consumer {
namespace {

constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int32_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::int64_t kFirstMilliseconds = 100'000'000'000;
constexpr std::int64_t kFarAway = 1'000'000'000'000'000'000;

// Reads a text from its front. Every take_ returns false, and may have consumed, when the text does
// not go on like that.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool done() const { return at_ == end_; }
  char peek() const { return done() ? '\0' : *at_; }
  bool is_digit() const { return !done() && *at_ >= '0' && *at_ <= '9'; }
  int take_digit() { return *at_++ - '0'; }

  bool take(char expected) {
    if (peek() != expected || done()) return false;
    ++at_;
    return true;
  }

  bool take_digits(int count, int& value) {
    value = 0;
    for (; count > 0; --count) {
      if (!is_digit()) return false;
      value = value * 10 + take_digit();
    }
    return true;
  }

  // One digit or more after a decimal point.
  bool take_fraction(std::int32_t& nanoseconds) {
    if (!is_digit()) return false;
    std::int32_t unit = kNanosecondsPerSecond / 10;
    for (; is_digit(); unit /= 10) nanoseconds += take_digit() * unit;
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

bool is_date(int year, int month, int day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

// Days since 1970-01-01. Counts years from March, so that the leap day is the last of its year, and
// 400-year eras of 146 097 days (Howard Hinnant, «chrono-Compatible Low-Level Date Algorithms»).
std::int64_t days_since_epoch(int year, int month, int day) {
  const int march_year = year - (month <= 2 ? 1 : 0);
  const int era = (march_year >= 0 ? march_year : march_year - 399) / 400;
  const int year_of_era = march_year - era * 400;
  const int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<std::int64_t>(era) * 146097 + day_of_era - 719468;
}

bool take_date(Cursor& cursor, bool dashes, std::int64_t& seconds) {
  int year, month, day;
  if (!cursor.take_digits(4, year) || (dashes && !cursor.take('-')) ||
      !cursor.take_digits(2, month) || (dashes && !cursor.take('-')) ||
      !cursor.take_digits(2, day) || !is_date(year, month, day)) {
    return false;
  }
  seconds = days_since_epoch(year, month, day) * kSecondsPerDay;
  return true;
}

// `hh:mm`, `hh:mm:ss` or, without colons, `hhmmss`; adds it to `seconds`.
bool take_time(Cursor& cursor, bool colons, std::int64_t& seconds) {
  int hour, minute, second = 0;
  if (!cursor.take_digits(2, hour) || hour > 23 || (colons && !cursor.take(':')) ||
      !cursor.take_digits(2, minute) || minute > 59) {
    return false;
  }
  const bool has_seconds = !colons || cursor.take(':');
  if (has_seconds && (!cursor.take_digits(2, second) || second > 59)) return false;
  seconds += hour * 3600 + minute * 60 + second;
  return true;
}

// Everything up to the end of the text: nothing, Z, UTC or an offset, which is subtracted.
bool take_zone(Cursor& cursor, std::int64_t& seconds) {
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
  Cursor cursor(text);
  Timestamp timestamp{};
  if (!take_date(cursor, true, timestamp.seconds)) return std::nullopt;
  if (cursor.done()) return timestamp;
  if (!cursor.take('T') && !cursor.take(' ') && !cursor.take('t')) return std::nullopt;
  if (!take_time(cursor, true, timestamp.seconds)) return std::nullopt;
  if (cursor.take('.') && !cursor.take_fraction(timestamp.nanoseconds)) return std::nullopt;
  if (!take_zone(cursor, timestamp.seconds)) return std::nullopt;
  return timestamp;
}

std::optional<Timestamp> parse_digits(std::string_view text) {
  Cursor cursor(text);
  Timestamp timestamp{};
  if (!take_date(cursor, false, timestamp.seconds)) return std::nullopt;
  if (!cursor.done() && !take_time(cursor, false, timestamp.seconds)) return std::nullopt;
  return timestamp;
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  if (text.size() > 4 && text[4] == '-') return parse_calendar(text);
  const bool only_digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (only_digits && (text.size() == 8 || text.size() == 14)) return parse_digits(text);
  return parse_epoch(text);
}

std::optional<Timestamp> parse_epoch(std::string_view number) {
  Cursor cursor(number);
  const bool negative = cursor.take('-');
  if (!cursor.is_digit()) return std::nullopt;
  std::int64_t whole = 0;
  while (cursor.is_digit()) {
    const int digit = cursor.take_digit();
    whole = whole < kFarAway / 10 ? whole * 10 + digit : kFarAway;
  }
  std::int32_t nanoseconds = 0;
  if (cursor.take('.') && !cursor.take_fraction(nanoseconds)) return std::nullopt;
  if (!cursor.done()) return std::nullopt;

  if (whole >= kFirstMilliseconds) {
    nanoseconds = static_cast<std::int32_t>(whole % 1000) * 1'000'000 + nanoseconds / 1000;
    whole /= 1000;
  }
  if (!negative) return Timestamp{whole, nanoseconds};
  if (nanoseconds == 0) return Timestamp{-whole, 0};
  return Timestamp{-whole - 1, kNanosecondsPerSecond - nanoseconds};
}

}  // namespace event_consumer
