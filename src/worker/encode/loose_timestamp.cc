#include "worker/encode/loose_timestamp.h"

#include <array>

#include "common/text.h"
#include "worker/encode/calendar.h"

namespace event_consumer {
namespace {

constexpr int kMinute = 60;
constexpr int kHour = 60 * kMinute;
constexpr int kDay = 24 * kHour;

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

// The place, from 1, of the name that `word` is, or the first three letters of; 0: of none.
template <std::size_t Size>
int find_name(const std::array<std::string_view, Size>& names, std::string_view word) {
  for (std::size_t i = 0; i < Size; ++i) {
    if (word == names[i] || word == names[i].substr(0, 3)) return static_cast<int>(i) + 1;
  }
  return 0;
}

// The seconds east of Greenwich of the zones that have names.
std::optional<int> zone_offset(std::string_view word) {
  if (word == "utc" || word == "gmt") return 0;
  if (word == "msk") return 3 * kHour;
  if (word == "msd") return 4 * kHour;
  return std::nullopt;
}

// Of a few digits.
int number(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

// A number with so many digits, no fewer and no more.
bool take_short(TextCursor& cursor, std::size_t fewest, std::size_t most, int& value) {
  const std::string_view digits = cursor.take_digit_run();
  if (digits.size() < fewest || digits.size() > most) return false;
  value = number(digits);
  return true;
}

bool is_date_separator(char c) { return c == '-' || c == '/' || c == '.'; }

}  // namespace

std::optional<Timestamp> LooseTimestamp::read(std::string_view text) {
  LooseTimestamp parts(text);
  while (!parts.cursor_.done()) {
    if (!parts.take_part()) return std::nullopt;
  }
  return parts.put_together();
}

bool LooseTimestamp::take_part() {
  if (cursor_.take(' ')) return true;
  if (cursor_.is_digit()) return take_number();
  if (cursor_.take('+')) return take_sign(1);
  if (cursor_.take('-')) return take_sign(-1);
  if (cursor_.take(',')) return take_comma();
  return take_word();
}

void LooseTimestamp::skip_spaces() {
  while (cursor_.peek() == ' ') cursor_.take(' ');
}

bool LooseTimestamp::take_number() {
  if (year_ && second_of_day_) return false;  // as there: the number of what?
  const std::string_view digits = cursor_.take_digit_run();
  const auto part = [&](int from, int count) { return number(digits.substr(from, count)); };
  switch (digits.size()) {
    case 14:
      return set_date(part(0, 4), part(4, 2), part(6, 2)) &&
             set_time(part(8, 2), part(10, 2), part(12, 2));
    case 8:
      return set_date(part(0, 4), part(4, 2), part(6, 2));
    case 6:
      return has_date() && set_time(part(0, 2), part(2, 2), part(4, 2));
    case 4:
      return take_year(number(digits));
    case 2:
    case 1:
      return take_time_or_day(number(digits));
    default:
      return false;
  }
}

// Behind a year that has no month yet there must be month and day, or a month in letters.
bool LooseTimestamp::take_year(int year) {
  if (year_ || cursor_.peek() == ',') return false;
  const char separator = cursor_.peek();
  if (month_ || !is_date_separator(separator)) {
    year_ = year;
    if (month_ || cursor_.done()) return true;
    if (!cursor_.take(' ')) return false;
    skip_spaces();
    return cursor_.is_letter();
  }
  int month, day;
  return cursor_.take(separator) && take_short(cursor_, 1, 2, month) && cursor_.take(separator) &&
         take_short(cursor_, 1, 2, day) && set_date(year, month, day);
}

bool LooseTimestamp::take_time_or_day(int number) {
  if (cursor_.take(':')) {
    int minute, second;
    if (!take_short(cursor_, 1, 2, minute)) return false;
    // Of `10:20.5` nobody knows whether a second or a minute is meant to be cut.
    if (!cursor_.take(':')) return cursor_.peek() != '.' && set_time(number, minute, 0);
    return take_short(cursor_, 1, 2, second) && set_time(number, minute, second);
  }
  // `19 2025-…`: a number behind a year is the month there.
  if (day_ || (year_ && !month_)) return false;
  day_ = number;
  const char separator = cursor_.peek();
  if (is_date_separator(separator)) {
    cursor_.take(separator);
    const std::string month = to_lower(cursor_.take_letters());
    int year;
    if (year_ || !set_month(find_name(kMonths, month)) || !cursor_.take(separator)) return false;
    if (!take_short(cursor_, 4, 4, year)) return false;
    year_ = year;
    return true;
  }
  if (cursor_.peek() == ',') return month_ && cursor_.take(',');
  return true;
}

bool LooseTimestamp::take_word() {
  const std::string_view letters = cursor_.take_letters();
  if (letters == "T") return has_date() && !second_of_day_ && cursor_.is_digit();
  if (letters == "Z") return offset_ ? *offset_ == 0 : set_offset(0);
  const std::string word = to_lower(letters);
  if (word == "am") return set_half(Half::kAm);
  if (word == "pm") return set_half(Half::kPm);
  if (const int month = find_name(kMonths, word)) return set_month(month);
  if (find_name(kWeekdays, word) != 0) {
    cursor_.take(',');
    return !year_;
  }
  const auto zone = zone_offset(word);
  if (!zone) return false;
  if (offset_) return *offset_ == *zone;
  if (*zone != 0) return set_offset(*zone);
  skip_spaces();
  if (cursor_.take('+')) return take_sign(1);
  if (cursor_.take('-')) return take_sign(-1);
  return set_offset(0);
}

// A time of six digits, or an offset.
bool LooseTimestamp::take_sign(int sign) {
  const std::string_view digits = cursor_.take_digit_run();
  if (digits.size() == 6) {
    return has_date() && set_time(number(digits.substr(0, 2)), number(digits.substr(2, 2)),
                                  number(digits.substr(4, 2)));
  }
  if (digits.empty() || digits.size() > 4) return false;
  const std::size_t hour_digits = digits.size() > 2 ? digits.size() - 2 : digits.size();
  const int hours = number(digits.substr(0, hour_digits));
  int minutes = number(digits.substr(hour_digits));
  if (digits.size() <= 2 && cursor_.take(':') && !take_short(cursor_, 2, 2, minutes)) {
    return false;
  }
  return hours < 24 && minutes < 60 && set_offset(sign * (hours * kHour + minutes * kMinute));
}

bool LooseTimestamp::take_comma() {
  if (has_comma_ || year_.has_value() == second_of_day_.has_value()) return false;
  has_comma_ = true;
  return true;
}

bool LooseTimestamp::set_date(int year, int month, int day) {
  if (year_ || month_ || day_) return false;
  year_ = year;
  month_ = month;
  day_ = day;
  return true;
}

bool LooseTimestamp::set_time(int hour, int minute, int second) {
  if (second_of_day_ || hour > 23 || minute > 59 || second > 59) return false;
  second_of_day_ = hour * kHour + minute * kMinute + second;
  return !cursor_.take('.') || cursor_.take_fraction(nanoseconds_);
}

bool LooseTimestamp::set_month(int month) {
  if (month == 0 || month_) return false;
  month_ = month;
  return true;
}

bool LooseTimestamp::set_half(Half half) {
  if (half_ != Half::kNone) return false;
  half_ = half;
  return true;
}

bool LooseTimestamp::set_offset(int seconds) {
  if (offset_) return false;
  offset_ = seconds;
  return true;
}

std::optional<Timestamp> LooseTimestamp::put_together() const {
  const bool is_half_alone = half_ != Half::kNone && !second_of_day_;
  const bool is_comma_alone = has_comma_ && !second_of_day_;
  if (!has_date() || !is_date(*year_, *month_, *day_) || is_half_alone || is_comma_alone) {
    return std::nullopt;
  }
  int second = second_of_day_.value_or(0);
  const int hour = second / kHour;
  if ((half_ == Half::kAm && hour > 12) || (half_ == Half::kPm && hour == 0)) return std::nullopt;
  if (half_ == Half::kAm && hour == 12) second -= 12 * kHour;
  if (half_ == Half::kPm && hour < 12) second += 12 * kHour;
  const std::int64_t days = days_since_epoch(*year_, *month_, *day_);
  return Timestamp{days * kDay + second - offset_.value_or(0), nanoseconds_};
}

}  // namespace event_consumer
