#include "tests/worker/encode/writing.h"

using namespace event_consumer;
using namespace event_consumer::testing;

TEST_CASE("a DateTime is seconds in UTC") {
  CHECK(quoted("DateTime", "2025-12-19T10:20:30.999999Z") == u32(1766139630));
  CHECK(quoted("DateTime('Asia/Kolkata')", "2025-12-19 10:20:30") == u32(1766139630));
  CHECK(quoted("DateTime", "2025-12-19T12:20:30+02:00") == u32(1766139630));
  CHECK(number("DateTime", "1766139630") == u32(1766139630));
  CHECK(number("DateTime", "1766139630.9") == u32(1766139630));
  CHECK(number("DateTime", "1766139630999") == u32(1766139630));
  CHECK(number("DateTime", "20251219") == u32(20251219));
  CHECK(quoted("DateTime", "20251219") == u32(1766102400));
}

TEST_CASE("a DateTime has its limits") {
  CHECK(quoted("DateTime", "1970-01-01T00:00:00Z") == u32(0));
  CHECK(quoted("DateTime", "2106-02-07T06:28:15.999Z") == u32(4294967295));
  CHECK(number("DateTime", "4294967295") == u32(4294967295));
  for (const char* text :
       {"1969-12-31T23:59:59.999Z", "2106-02-07T06:28:16Z", "1970-01-01T00:00:00+00:01",
        "2106-02-07T06:28:15-00:01", "4294967296", "-1", "-0.5", "99999999999999999999999"}) {
    CAPTURE(text);
    CHECK(quoted("DateTime", text) == "range");
  }
  for (const char* text : {"", " ", "yesterday", "2025-02-30"})
    CHECK(quoted("DateTime", text) == "bad");
  CHECK(number("DateTime", "1.7e9") == u32(1700000000));
  CHECK(write("DateTime", Kind::kBool, "true") == "bad");
  CHECK(write("DateTime", Kind::kCompound, "{}") == "bad");
}

TEST_CASE("a DateTime64 is ticks of its precision") {
  const char* const text = "2025-12-19T10:20:30.123456789Z";
  CHECK(quoted("DateTime64(0)", text) == i64(1766139630));
  CHECK(quoted("DateTime64(3)", text) == i64(1766139630123));
  CHECK(quoted("DateTime64(6, 'UTC')", text) == i64(1766139630123456));
  CHECK(quoted("DateTime64(9)", text) == i64(1766139630123456789));
  CHECK(number("DateTime64(3)", "1766139630123") == i64(1766139630123));
  CHECK(number("DateTime64(3)", "1766139630.1239") == i64(1766139630123));
  CHECK(number("DateTime64(3)", "-1.5") == i64(-1500));
  CHECK(quoted("DateTime64(3)", "1969-12-31T23:59:59.999Z") == i64(-1));
}

TEST_CASE("a DateTime64 has its limits") {
  CHECK(quoted("DateTime64(3)", "1900-01-01T00:00:00Z") == i64(-2208988800000));
  CHECK(quoted("DateTime64(3)", "1899-12-31T23:59:59.999Z") == "range");
  CHECK(quoted("DateTime64(3)", "2299-12-31T23:59:59.999Z") == i64(10413791999999));
  CHECK(quoted("DateTime64(8)", "2299-12-31T23:59:59.99999999Z") == i64(1041379199999999999));
  CHECK(quoted("DateTime64(3)", "2300-01-01T00:00:00Z") == "range");
  CHECK(number("DateTime64(3)", "-99999999999999999999") == "range");
  CHECK(quoted("DateTime64(9)", "1900-01-01T00:00:00Z") == i64(-2208988800000000000));
  CHECK(quoted("DateTime64(9)", "2262-04-11T23:47:16.854775807Z") ==
        i64(std::numeric_limits<std::int64_t>::max()));
  CHECK(quoted("DateTime64(9)", "2262-04-11T23:47:16.854775808Z") == "range");
  CHECK(quoted("DateTime64(9)", "2262-04-11T23:47:17Z") == "range");
  CHECK(quoted("DateTime64(9)", "2299-12-31T23:59:59Z") == "range");
  CHECK(quoted("DateTime64(3)", "") == "bad");
  CHECK(write("DateTime64(3)", Kind::kBool, "false") == "bad");
}

TEST_CASE("a DateTime64 takes its own ticks where they are unmistakable") {
  CHECK(number("DateTime64(6)", "1766139630123456") == i64(1766139630123456));
  CHECK(number("DateTime64(9)", "1766139630123456789") == i64(1766139630123456789));
  CHECK(number("DateTime64(3)", "1766139630") == i64(1766139630000));
}

TEST_CASE("a Date is days, and has its limits") {
  CHECK(quoted("Date", "2025-12-19") == u16(20441));
  CHECK(quoted("Date", "20251219") == u16(20441));
  CHECK(quoted("Date", "2025/1/9") == u16(20097));
  CHECK(quoted("Date", "1970-01-01") == u16(0));
  CHECK(quoted("Date", "2149-06-06") == u16(65535));
  CHECK(number("Date", "0") == u16(0));
  CHECK(number("Date", "65535") == u16(65535));
  for (const char* text : {"1969-12-31", "2149-06-07", "0000-01-01", "9999-12-31"})
    CHECK(quoted("Date", text) == "range");
  for (const char* text : {"-1", "65536", "20251219", "99999999999999999999"})
    CHECK(number("Date", text) == "range");
  for (const char* text : {"", "20441", "2025-02-30", "2025-12-19T10:20:30", "0000-00-00", "today"})
    CHECK(quoted("Date", text) == "bad");
  for (const char* text : {"1.5", "1e3"}) CHECK(number("Date", text) == "bad");
  CHECK(write("Date", Kind::kBool, "true") == "bad");
  CHECK(write("Date", Kind::kCompound, "[1]") == "bad");
}

TEST_CASE("a Date32 is days, and has its limits") {
  CHECK(quoted("Date32", "1900-01-01") == i32(-25567));
  CHECK(quoted("Date32", "2299-12-31") == i32(120529));
  CHECK(number("Date32", "-25567") == i32(-25567));
  CHECK(number("Date32", "120529") == i32(120529));
  for (const char* text : {"1899-12-31", "2300-01-01"}) CHECK(quoted("Date32", text) == "range");
  for (const char* text : {"-25568", "120530"}) CHECK(number("Date32", text) == "range");
  CHECK(quoted("Date32", "-1") == "bad");
}

TEST_CASE("a Time is seconds, from -999:59:59 to 999:59:59") {
  CHECK(quoted("Time", "12:30:00") == i32(45'000));
  CHECK(quoted("Time", "-1:00:01") == i32(-3'601));
  CHECK(quoted("Time", "999:59:59") == i32(3'599'999));
  CHECK(number("Time", "-1") == i32(-1));
  CHECK(number("Time", "3600000") == "range");
  for (const char* text : {"", "12", "12:30", "12:3:00", "12:60:00", "12:00:60", "1000:00:00",
                           "12:30:00.5", "12:30:00Z", "45000", "+1:00:00"}) {
    CAPTURE(text);
    CHECK(quoted("Time", text) == "bad");
  }
  CHECK(number("Time", "1.5") == "bad");
  CHECK(write("Time", Kind::kBool, "true") == "bad");
}

TEST_CASE("a Time64 is ticks of its precision") {
  CHECK(quoted("Time64(3)", "12:30:00") == i64(45'000'000));
  CHECK(quoted("Time64(3)", "-12:30:00.5678") == i64(-45'000'567));
  CHECK(quoted("Time64(0)", "0:00:01.9") == i64(1));
  CHECK(quoted("Time64(9)", "999:59:59.999999999") == i64(3'599'999'999'999'999));
  CHECK(number("Time64(3)", "45000") == i64(45'000));
  CHECK(number("Time64(3)", "3600000000") == "range");
  CHECK(number("Time64(3)", "-3600000000") == "range");
  CHECK(quoted("Time64(3)", "12:30:00.") == "bad");
  CHECK(quoted("Time64(3)", "45000.5") == "bad");
}
