#include "worker/encode/loose_timestamp.h"

#include <string>

#include "tests/support/catch.h"

using namespace event_consumer;

namespace {

constexpr std::int64_t kNoon = 1766139630;  // 2025-12-19 10:20:30 UTC
constexpr std::int64_t kMidnight = kNoon - 37230;

// The seconds since the epoch, or -1 for no time. All through parse_timestamp, as values come.
std::int64_t seconds(std::string_view text) {
  const auto timestamp = parse_timestamp(text);
  return timestamp ? timestamp->seconds : -1;
}

}  // namespace

TEST_CASE("loose times: numbers of one digit, and other separators") {
  for (const char* text : {"2025/12/19 10:20:30", "2025.12.19T10:20:30Z", "2025.12.19 10:20:30",
                           "2025-12-19  10:20:30", " 2025-12-19 10:20:30 ", "2025-12-19, 10:20:30",
                           "2025-12-19 T10:20:30"}) {
    CAPTURE(text);
    CHECK(seconds(text) == kNoon);
  }
  CHECK(seconds("2025-1-9T1:2:3Z") == 1736384523);
  CHECK(seconds("2025-01-09 1:02") == 1736384520);
}

TEST_CASE("loose times: the basic form of ISO 8601") {
  for (const char* text :
       {"20251219T102030Z", "20251219T102030", "20251219 102030", "20251219-102030",
        "20251219102030Z", "2025-12-19T102030", "20251219T10:20:30+00:00"}) {
    CAPTURE(text);
    CHECK(seconds(text) == kNoon);
  }
  CHECK(parse_timestamp("20251219T102030.25Z")->nanoseconds == 250'000'000);
  CHECK(parse_timestamp("20251219102030.25")->nanoseconds == 250'000'000);
  CHECK(parse_timestamp("20251219102030.25")->seconds == kNoon);
}

TEST_CASE("loose times: AM and PM") {
  CHECK(seconds("2025-12-19 10:20:30 AM") == kNoon);
  CHECK(seconds("2025-12-19 10:20:30pm") == kNoon + 12 * 3600);
  CHECK(seconds("2025-12-19 12:20:30 AM") == kNoon - 10 * 3600);
  CHECK(seconds("2025-12-19 12:20:30 PM") == kNoon + 2 * 3600);
  CHECK(seconds("2025-12-19 22:20:30 PM") == kNoon + 12 * 3600);
  for (const char* bad : {"2025-12-19 13:20 AM", "2025-12-19 0:20 PM", "2025-12-19 AM",
                          "2025-12-19 10:20 AM PM", "2025-12-19 10 AM", "2025-12-19 10:20 a.m."}) {
    CAPTURE(bad);
    CHECK(seconds(bad) == -1);
  }
}

TEST_CASE("loose times: zones by name, and offsets of any length") {
  for (const char* zone :
       {" GMT", " gmt", "UTC", " +0000 UTC", " UTC+0", " GMT +00:00", "+00:00Z"}) {
    CAPTURE(zone);
    CHECK(seconds("2025-12-19 10:20:30" + std::string(zone)) == kNoon);
  }
  for (const char* zone : {"+3", "+3:00", "+300", " +0300 MSK", " MSK", " UTC+3", " GMT+0300"}) {
    CAPTURE(zone);
    CHECK(seconds("2025-12-19 13:20:30" + std::string(zone)) == kNoon);
  }
  CHECK(seconds("2025-12-19 14:20:30 MSD") == kNoon);
  CHECK(seconds("2025-12-19 09:20:30 -1:00") == kNoon);
  CHECK(seconds("2025-12-19Z") == kMidnight);
  CHECK(seconds("2025-12-19+02:00") == kMidnight - 2 * 3600);
  for (const char* bad : {"EST", "CET", "MSK+1", "MSK +0300", "+0200 UTC", "+0100 +0100", "Z+01:00",
                          "+01:00Z", "+2:3", "+02:0010:20", "+24", "+0260", "-13245", "+"}) {
    CAPTURE(bad);
    CHECK(seconds("2025-12-19 10:20:30 " + std::string(bad)) == -1);
  }
}

TEST_CASE("loose times: a month in letters") {
  for (const char* text :
       {"Fri, 19 Dec 2025 10:20:30 GMT", "Fri, 19 Dec 2025 11:20:30 +0100",
        "19 December 2025 10:20:30", "Dec 19, 2025 10:20:30 AM", "DECEMBER 19 2025 10:20:30",
        "19-Dec-2025 10:20:30", "19/dec/2025 10:20:30", "2025 Dec 19 10:20:30",
        "Fri Dec 19 10:20:30 2025", "Fri Dec 19 10:20:30 +0000 2025",
        "Fri Dec 19 10:20:30 UTC 2025", "10:20:30 19 Dec 2025", "Fri Dec 19 2025 10:20:30 GMT+0000",
        "Monday, December 19, 2025 10:20:30"}) {
    CAPTURE(text);
    CHECK(seconds(text) == kNoon);
  }
  CHECK(seconds("Fri Dec  9 10:20:30 2025") == kNoon - 10 * 86400);
  constexpr const char* kMonths[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
  for (int month = 1; month <= 12; ++month) {
    const std::string name = kMonths[month - 1];
    CAPTURE(name);
    const std::string number = (month < 10 ? "0" : "") + std::to_string(month);
    CHECK(seconds("1 " + name + " 2025") == seconds("2025-" + number + "-01"));
    CHECK(seconds("1 " + name.substr(0, 3) + " 2025") == seconds("2025-" + number + "-01"));
  }
}

TEST_CASE("loose times: what can be two times, or is half of one, is none") {
  for (const char* bad : {"19/12/2025",
                          "12/19/2025",
                          "19.12.2025",
                          "01-02-2025",
                          "19-Dec-25",
                          "19 Dec 25",
                          "Dec 19",
                          "Dec 2025",
                          "19 Dec",
                          "Dec 19 10:20:30",
                          "10:20:30",
                          "2025-12",
                          "2025 12 19",
                          "12 19 2025",
                          "2025 12 Dec",
                          "2025Dec19",
                          "2025 10:20 Dec 19",
                          "Dec 2025 10:20 19",
                          "19, Dec 2025",
                          "2025-12-19 10",
                          "2025-12-19T10:20.5",
                          "2025-12-19T10:20:30.",
                          "2025-12-19T",
                          "2025-12-19,",
                          "2025-12-19,,10:20",
                          "Dec 19, 2025, 10:20",
                          "10:20:301 Dec 2025",
                          "2025-12-199",
                          "2025-1-123",
                          "2025/12-19",
                          "2025-12-19 10:20 11:20",
                          "2025-12-19 2025-12-19",
                          "30 Feb 2025",
                          "Dec Dec 19 2025",
                          "19 Sept 2025",
                          "Mars 19 2025",
                          "19th Dec 2025",
                          "19. Dec 2025",
                          "2025-12-19 24:00",
                          "2025-12-19 10:60",
                          "20251219T1020Z",
                          "2025-12-19 PMs",
                          "Fr 19 Dec 2025"}) {
    CAPTURE(bad);
    CHECK(seconds(bad) == -1);
  }
}
