#include "worker/encode/writers.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "tests/support/catch.h"
#include "worker/encode/column_types.h"

using namespace event_consumer;

namespace {

using Kind = JsonValue::Kind;

// The value's bytes in a column of this type; "bad" or "range" for one that does not fit. Checks
// that those write nothing.
std::string write(const char* type_name, Kind kind, std::string_view text) {
  const auto type = parse_column_type(type_name);
  REQUIRE(type.ok());
  std::string row = "before";
  const Fit fit = type.value().write({kind, text}, type.value(), row);
  REQUIRE(row.substr(0, 6) == "before");
  if (fit != Fit::kFits) REQUIRE(row == "before");
  if (fit == Fit::kBadValue) return "bad";
  if (fit == Fit::kOutOfRange) return "range";
  return row.substr(6);
}

std::string number(const char* type, std::string_view text) {
  return write(type, Kind::kNumber, text);
}
std::string quoted(const char* type, std::string_view text) {
  return write(type, Kind::kString, text);
}

template <typename T>
std::string little_endian_bytes(T value) {
  std::string bytes(sizeof value, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(value);
    value = static_cast<T>(sizeof value == 1 ? 0 : value >> 8);
  }
  return bytes;
}
std::string u32(std::uint32_t value) { return little_endian_bytes(value); }
std::string i64(std::int64_t value) { return little_endian_bytes(value); }
std::string f64(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return little_endian_bytes(bits);
}

template <typename Integer>
void check_limits(const char* type) {
  CAPTURE(type);
  using Limits = std::numeric_limits<Integer>;
  const std::string lowest = std::to_string(Limits::min());
  const std::string highest = std::to_string(Limits::max());
  for (auto read : {number, quoted}) {
    CHECK(read(type, lowest) == little_endian_bytes(Limits::min()));
    CHECK(read(type, highest) == little_endian_bytes(Limits::max()));
    CHECK(read(type, "0") == little_endian_bytes(Integer{0}));
    CHECK(read(type, "-0") == little_endian_bytes(Integer{0}));
    CHECK(read(type, "1") == little_endian_bytes(Integer{1}));
    // One more in the last digit, which is never a 9.
    std::string above = highest;
    ++above.back();
    CHECK(read(type, above) == "range");
    std::string below = lowest == "0" ? "-1" : lowest;
    if (lowest != "0") ++below.back();
    CHECK(read(type, below) == "range");
    CHECK(read(type, highest + "0") == "range");
    CHECK(read(type, "99999999999999999999999999") == "range");
    CHECK(read(type, "-99999999999999999999999999") == "range");
    CHECK(read(type, "1.0") == "bad");
    CHECK(read(type, "1.5") == "bad");
    CHECK(read(type, "1e2") == "bad");
    CHECK(read(type, "99999999999999999999999999.5") == "bad");
  }
  CHECK(quoted(type, "+5") == little_endian_bytes(Integer{5}));
  CHECK(quoted(type, "007") == little_endian_bytes(Integer{7}));
  for (const char* text : {"", " ", "5 ", " 5", "-", "+", "--5", "+-5", "-+5", "0x10", "five",
                           "true", "nan", "1,000", "٣"}) {
    CAPTURE(text);
    CHECK(quoted(type, text) == "bad");
  }
  CHECK(quoted(type, std::string_view("5\0", 2)) == "bad");
  CHECK(write(type, Kind::kBool, "true") == little_endian_bytes(Integer{1}));
  CHECK(write(type, Kind::kBool, "false") == little_endian_bytes(Integer{0}));
  CHECK(write(type, Kind::kCompound, "[1]") == "bad");
}

}  // namespace

TEST_CASE("a string is its length and its bytes") {
  CHECK(quoted("String", "") == std::string(1, '\0'));
  CHECK(quoted("String", "abc") == "\3abc");
  CHECK(quoted("String", std::string_view("a\0b", 3)) == std::string("\3a\0b", 4));
  CHECK(quoted("LowCardinality(String)", "abc") == "\3abc");
}

TEST_CASE("a length is LEB128") {
  const auto prefix = [](std::size_t length) {
    const std::string row = quoted("String", std::string(length, 'x'));
    return row.substr(0, row.size() - length);
  };
  CHECK(prefix(127) == "\x7f");
  CHECK(prefix(128) == "\x80\x01");
  CHECK(prefix(300) == "\xac\x02");
  CHECK(prefix(16383) == "\xff\x7f");
  CHECK(prefix(16384) == "\x80\x80\x01");
  CHECK(prefix(65536) == "\x80\x80\x04");
  CHECK(prefix(2097152) == "\x80\x80\x80\x01");
}

TEST_CASE("numbers and booleans are text in a String") {
  CHECK(number("String", "1.50") ==
        "\4"
        "1.50");
  CHECK(number("String", "12345678901234567890123") ==
        "\x17"
        "12345678901234567890123");
  CHECK(number("String", "1e400") ==
        "\5"
        "1e400");
  CHECK(write("String", Kind::kBool, "true") == "\4true");
  CHECK(write("String", Kind::kBool, "false") ==
        "\5"
        "false");
  CHECK(write("String", Kind::kCompound, "{}") == "bad");
}

TEST_CASE("integers have their limits") {
  check_limits<std::uint8_t>("UInt8");
  check_limits<std::uint16_t>("UInt16");
  check_limits<std::uint32_t>("UInt32");
  check_limits<std::uint64_t>("UInt64");
  check_limits<std::int8_t>("Int8");
  check_limits<std::int16_t>("Int16");
  check_limits<std::int32_t>("Int32");
  check_limits<std::int64_t>("Int64");
}

TEST_CASE("a Float64 takes what reads as a number") {
  for (auto read : {number, quoted}) {
    CHECK(read("Float64", "0") == f64(0));
    CHECK(read("Float64", "-0.0") == f64(-0.0));
    CHECK(read("Float64", "0.1") == f64(0.1));
    CHECK(read("Float64", "-1.5e3") == f64(-1500));
    CHECK(read("Float64", "1E+2") == f64(100));
    CHECK(read("Float64", "9007199254740993") == f64(9007199254740992.0));
    CHECK(read("Float64", "1.7976931348623157e308") == f64(std::numeric_limits<double>::max()));
    CHECK(read("Float64", "4.9406564584124654e-324") ==
          f64(std::numeric_limits<double>::denorm_min()));
    CHECK(read("Float64", "1e400") == "range");
    CHECK(read("Float64", "-1e400") == "range");
    CHECK(read("Float64", std::string(400, '9')) == "range");
    CHECK(read("Float64", "1e-400") == "range");
  }
  CHECK(quoted("Float64", "+1.5") == f64(1.5));
  CHECK(quoted("Float64", "inf") == f64(INFINITY));
  CHECK(quoted("Float64", "-Infinity") == f64(-INFINITY));
  CHECK(quoted("Float64", "nan").size() == 8);
  CHECK(write("Float64", Kind::kBool, "true") == f64(1));
  CHECK(write("Float64", Kind::kBool, "false") == f64(0));
  for (const char* text :
       {"", " ", "1 ", " 1", "1,5", "0x10", "1e", "+-1", "--1", "+", "nan(1)", "true", "one"}) {
    CAPTURE(text);
    CHECK(quoted("Float64", text) == "bad");
  }
  CHECK(write("Float64", Kind::kCompound, "[1]") == "bad");
}

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
  CHECK(number("DateTime", "1e9") == "bad");
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
