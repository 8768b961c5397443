#include "worker/encode/calendar.h"

#include "tests/support/catch.h"

using namespace event_consumer;

TEST_CASE("dates are read with and without separators") {
  for (const char* text :
       {"2025-01-09", "20250109", "2025-1-9", "2025/01/09", "2025.1.09", "2025-01/9"}) {
    CAPTURE(text);
    CHECK(parse_date(text) == 20097);
  }
  CHECK(parse_date("1970-01-01") == 0);
  CHECK(parse_date("1969-12-31") == -1);
  CHECK(parse_date("2024-02-29") == 19782);
}

TEST_CASE("anything else is no date") {
  for (const char* text : {"",
                           "2025",
                           "2025-01",
                           "2025-01-",
                           "2025-0-1",
                           "2025-1-0",
                           "2025-13-1",
                           "2025-1-32",
                           "2025-02-29",
                           "20250229",
                           "2025-001-1",
                           "2025-1-001",
                           "2025--1-1",
                           "202501-09",
                           "2025-0109",
                           "25-01-09",
                           "2025-01-09 ",
                           " 2025-01-09",
                           "2025-01-09T00:00:00",
                           "2025x01x09",
                           "202501090",
                           "09.01.2025",
                           "-2025-01-09"}) {
    CAPTURE(text);
    CHECK(!parse_date(text));
  }
}
