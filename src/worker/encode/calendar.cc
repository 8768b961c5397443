#include "worker/encode/calendar.h"

#include "worker/encode/text_cursor.h"

namespace event_consumer {
namespace {

bool take_separator(TextCursor& cursor) {
  return cursor.take('-') || cursor.take('/') || cursor.take('.');
}

bool take_one_or_two_digits(TextCursor& cursor, int& value) {
  if (!cursor.take_digits(1, value)) return false;
  if (cursor.is_digit()) value = value * 10 + cursor.take_digit();
  return true;
}

}  // namespace

bool is_date(int year, int month, int day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

// Counts years from March, so that the leap day is the last of its year, and 400-year eras of
// 146 097 days (Howard Hinnant, «chrono-Compatible Low-Level Date Algorithms»).
std::int64_t days_since_epoch(int year, int month, int day) {
  const int march_year = year - (month <= 2 ? 1 : 0);
  const int era = (march_year >= 0 ? march_year : march_year - 399) / 400;
  const int year_of_era = march_year - era * 400;
  const int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<std::int64_t>(era) * 146097 + day_of_era - 719468;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  TextCursor cursor(text);
  int year, month, day;
  if (!cursor.take_digits(4, year)) return std::nullopt;
  const bool read = cursor.is_digit()
                        ? cursor.take_digits(2, month) && cursor.take_digits(2, day)
                        : take_separator(cursor) && take_one_or_two_digits(cursor, month) &&
                              take_separator(cursor) && take_one_or_two_digits(cursor, day);
  if (!read || !cursor.done() || !is_date(year, month, day)) return std::nullopt;
  return days_since_epoch(year, month, day);
}

}  // namespace event_consumer
