// Reads points in time whose parts stand in whatever order and form people and their libraries
// write them, as `Fri, 19 Dec 2025 10:20:30 +0100`; but not `12/11/2025`, which can be two dates.
// Pure; slow beside parse_timestamp (timestamp.h), which tries the usual forms first.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "worker/encode/text_cursor.h"
#include "worker/encode/timestamp.h"

namespace event_consumer {

// The parts of a time as they are found, each at most once. What is read is read as ClickHouse's
// `date_time_input_format=best_effort` does (src/IO/parseDateTimeBestEffort.cpp); it guesses more.
class LooseTimestamp {
 public:
  // Reads the whole of `text`, or returns nothing. There must be a whole date that exists:
  // - `2025-12-19`, where `/` or `.` may stand for both dashes and month and day may have one
  //   digit; `20251219`; or day and year with a month in English: `19 Dec 2025`,
  //   `December 19, 2025`, `19-Dec-2025`, `19/Dec/2025`. A day of the week before the year is
  //   skipped, right or wrong.
  // There may be, in any order:
  // - `10:20` or `10:20:30`, each number with one digit or two, after the seconds a fraction;
  //   behind a date also `102030`. AM or PM, if it fits the hour. A T or a comma may stand between
  //   the two.
  // - Z, UTC, GMT, MSK (+3), MSD (+4), or an offset: `+02:00`, `+0200`, `+02`, `+2`, `+2:00`,
  //   `+200`, alone, behind UTC or GMT, or before a name that means the same.
  // Words may be in any case, but T and Z. Limits and the default zone are those of
  // parse_timestamp.
  static std::optional<Timestamp> read(std::string_view text);

 private:
  enum class Half { kNone, kAm, kPm };

  explicit LooseTimestamp(std::string_view text) : cursor_(text) {}

  // Each consumes what it takes, and returns false when that is no part, or one too many.
  bool take_part();
  bool take_number();
  bool take_year(int year);
  bool take_time_or_day(int number);
  bool take_word();
  bool take_sign(int sign);
  bool take_comma();
  void skip_spaces();

  bool set_date(int year, int month, int day);
  bool set_time(int hour, int minute, int second);
  bool set_month(int month);
  bool set_half(Half half);
  bool set_offset(int seconds);
  bool has_date() const { return year_ && month_ && day_; }

  std::optional<Timestamp> put_together() const;

  TextCursor cursor_;
  std::optional<int> year_, month_, day_;
  std::optional<int> second_of_day_;
  std::int32_t nanoseconds_ = 0;
  Half half_ = Half::kNone;
  std::optional<int> offset_;  // seconds, east of Greenwich
  bool has_comma_ = false;     // between date and time, so that both must be there
};

}  // namespace event_consumer
