// Reads points in time as publishers write them: ISO 8601 with its usual liberties, a number of
// seconds, milli-, micro- or nanoseconds since the epoch, or another form that can be read in one
// way only. Pure; knows no column and no range but the calendar's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace event_consumer {

// `seconds` since 1970-01-01 00:00:00 UTC, rounded down, and the `nanoseconds` (0 … 999 999 999)
// after them. So both 0.25 s before and after the epoch have a non-negative fraction.
struct Timestamp {
  std::int64_t seconds;
  std::int32_t nanoseconds;
};

// Reads the whole of a text, or returns nothing when it is no point in time. Taken are, as
// ClickHouse's `date_time_input_format=best_effort` takes them:
// - `2025-12-19T10:20:30.123456Z`: the T may be a t or a space, the seconds may be absent, the
//   fraction absent or of any length (digits beyond the ninth are dropped), the zone Z, z, UTC,
//   +02:00, +0200 or +02, after a space or not, or absent (UTC). The date exists in the Gregorian
//   calendar, hour ≤ 23, minute and second ≤ 59 (no leap second), the offset is below 24 hours;
// - `2025-12-19`: its midnight in UTC;
// - `20251219` and `20251219102030`: exactly 8 or 14 digits are a date, never a number;
// - what parse_epoch takes, but for exactly 4 or 6 digits, perhaps with a fraction: that looks like
//   a year, or a year and a month;
// - what LooseTimestamp takes (loose_timestamp.h).
std::optional<Timestamp> parse_timestamp(std::string_view text);

// Reads a decimal number, with or without fraction and exponent, that counts from the epoch:
// seconds when its magnitude is below 10^11 (the year 5138), milliseconds below 10^14, microseconds
// below 10^17, else nanoseconds. What has more than 20 digits before the point saturates far
// outside of the range of every column. Returns nothing for any other text.
std::optional<Timestamp> parse_epoch(std::string_view number);

}  // namespace event_consumer
