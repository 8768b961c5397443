// The Gregorian calendar, and dates as publishers write them. Pure; knows no time of day, no zone
// and no column's range.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace event_consumer {

// Whether the calendar has this day, in the years 0 to 9999.
bool is_date(int year, int month, int day);

// Days since 1970-01-01 to a date that exists.
std::int64_t days_since_epoch(int year, int month, int day);

// Reads the whole of `20251219` or of `2025-12-19`, where month and day may have one digit and `/`
// and `.` may stand for the dashes. Returns its days since 1970-01-01, or nothing for any other
// text and for a day that does not exist.
std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace event_consumer
