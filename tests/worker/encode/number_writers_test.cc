#include "tests/worker/encode/writing.h"

using namespace event_consumer;
using namespace event_consumer::testing;

namespace {

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

TEST_CASE("a Float32 is rounded once") {
  for (auto read : {number, quoted}) {
    CHECK(read("Float32", "0.1") == f32(0.1F));
    CHECK(read("Float32", "-0") == f32(-0.0F));
    CHECK(read("Float32", "16777217") == f32(16777216.0F));
    CHECK(read("Float32", "7.038531e-26") == f32(7.038531e-26F));
    CHECK(read("Float32", "3.4028235e38") == f32(std::numeric_limits<float>::max()));
    CHECK(read("Float32", "1e-45") == f32(std::numeric_limits<float>::denorm_min()));
    CHECK(read("Float32", "1e39") == "range");
    CHECK(read("Float32", "1e-46") == "range");
  }
  CHECK(quoted("Float32", "-inf") == f32(-INFINITY));
  CHECK(write("Float32", Kind::kBool, "true") == f32(1));
  CHECK(quoted("Float32", "") == "bad");
}

TEST_CASE("wide integers have their limits") {
  struct Limits {
    const char* type;
    std::size_t bytes;
    std::string lowest, below, highest, above;
    std::string lowest_bytes, highest_bytes;
  };
  const std::string zeros(31, '\0');
  const std::string ones(31, '\xff');
  for (const Limits& limits : std::vector<Limits>{
           {"UInt128", 16, "0", "-1", "340282366920938463463374607431768211455",
            "340282366920938463463374607431768211456", std::string(16, '\0'),
            std::string(16, '\xff')},
           {"Int128", 16, "-170141183460469231731687303715884105728",
            "-170141183460469231731687303715884105729", "170141183460469231731687303715884105727",
            "170141183460469231731687303715884105728", zeros.substr(16) + "\x80",
            ones.substr(16) + "\x7f"},
           {"UInt256", 32, "0", "-1",
            "115792089237316195423570985008687907853269984665640564039457584007913129639935",
            "115792089237316195423570985008687907853269984665640564039457584007913129639936",
            std::string(32, '\0'), std::string(32, '\xff')},
           {"Int256", 32,
            "-57896044618658097711785492504343953926634992332820282019728792003956564819968",
            "-57896044618658097711785492504343953926634992332820282019728792003956564819969",
            "57896044618658097711785492504343953926634992332820282019728792003956564819967",
            "57896044618658097711785492504343953926634992332820282019728792003956564819968",
            zeros + "\x80", ones + "\x7f"}}) {
    CAPTURE(limits.type);
    for (auto read : {number, quoted}) {
      CHECK(read(limits.type, limits.lowest) == limits.lowest_bytes);
      CHECK(read(limits.type, limits.highest) == limits.highest_bytes);
      CHECK(read(limits.type, limits.below) == "range");
      CHECK(read(limits.type, limits.above) == "range");
      CHECK(read(limits.type, std::string(100, '9')) == "range");
      CHECK(read(limits.type, "-" + std::string(100, '9')) == "range");
      CHECK(read(limits.type, "-0") == std::string(limits.bytes, '\0'));
      CHECK(read(limits.type, "7") == "\7" + std::string(limits.bytes - 1, '\0'));
      CHECK(read(limits.type, "1.0") == "bad");
      CHECK(read(limits.type, "1e2") == "bad");
    }
    CHECK(quoted(limits.type, "+7") == "\7" + std::string(limits.bytes - 1, '\0'));
    for (const char* text : {"", "-", "x", "7 ", "1.", ".5"})
      CHECK(quoted(limits.type, text) == "bad");
    CHECK(write(limits.type, Kind::kBool, "true") == "\1" + std::string(limits.bytes - 1, '\0'));
    CHECK(write(limits.type, Kind::kCompound, "[1]") == "bad");
  }
  CHECK(number("Int128", "-1") == std::string(16, '\xff'));
  CHECK(number("Int256", "-1") == std::string(32, '\xff'));
}

TEST_CASE("a Decimal is exact, and cut after its scale") {
  const char* const type = "Decimal(9, 2)";
  for (auto read : {number, quoted}) {
    CHECK(read(type, "1") == i32(100));
    CHECK(read(type, "-1.23") == i32(-123));
    CHECK(read(type, "1.239") == i32(123));
    CHECK(read(type, "-1.999") == i32(-199));
    CHECK(read(type, "-0") == i32(0));
    CHECK(read(type, "0.1e1") == i32(100));
    CHECK(read(type, "15e-1") == i32(150));
    CHECK(read(type, "123456e-4") == i32(1234));
    CHECK(read(type, "1e-400") == i32(0));
    CHECK(read(type, "0e400") == i32(0));
    CHECK(read(type, "9999999.99") == i32(999999999));
    CHECK(read(type, "-9999999.999") == i32(-999999999));
    CHECK(read(type, "10000000") == "range");
    CHECK(read(type, "-10000000") == "range");
    CHECK(read(type, "1e7") == "range");
    CHECK(read(type, "1e400") == "range");
    CHECK(read(type, std::string(1000, '9')) == "range");
  }
  CHECK(quoted(type, "+.5") == i32(50));
  CHECK(quoted(type, "5.") == i32(500));
  CHECK(quoted(type, "0000000000001.10") == i32(110));
  for (const char* text :
       {"", " ", "-", ".", "1.2.3", "1e", "e1", "1 ", "+-1", "inf", "nan", "abc"}) {
    CAPTURE(text);
    CHECK(quoted(type, text) == "bad");
  }
  CHECK(write(type, Kind::kBool, "true") == "bad");
  CHECK(write(type, Kind::kCompound, "[1]") == "bad");
}

TEST_CASE("a Decimal is as wide as its precision asks") {
  const auto wide = [](std::uint8_t lowest, std::size_t bytes) {
    return std::string(1, static_cast<char>(lowest)) + std::string(bytes - 1, '\0');
  };
  CHECK(number("Decimal32(2)", "0.05") == wide(5, 4));
  CHECK(number("Decimal(10, 2)", "0.05") == wide(5, 8));
  CHECK(number("Decimal64(18)", "0.000000000000000005") == wide(5, 8));
  CHECK(number("Decimal(19, 0)", "5") == wide(5, 16));
  CHECK(number("Decimal128(0)", "5") == wide(5, 16));
  CHECK(number("Decimal(39, 1)", "0.5") == wide(5, 32));
  CHECK(number("Decimal256(0)", "5") == wide(5, 32));
  CHECK(number("Decimal(18, 0)", "-999999999999999999") == i64(-999999999999999999));
  CHECK(number("Decimal(18, 0)", "1000000000000000000") == "range");
  CHECK(number("Decimal(38, 38)", "0." + std::string(38, '9')) ==
        number("Int128", std::string(38, '9')));
  CHECK(number("Decimal(76, 0)", std::string(76, '9')) == number("Int256", std::string(76, '9')));
  CHECK(number("Decimal(76, 0)", "-1" + std::string(75, '0')) ==
        number("Int256", "-1" + std::string(75, '0')));
  CHECK(number("Decimal(76, 0)", "1" + std::string(76, '0')) == "range");
}

TEST_CASE("a BFloat16 is the upper half of a float") {
  CHECK(number("BFloat16", "1.5") == u16(0x3FC0));
  CHECK(number("BFloat16", "0.1") == u16(0x3DCC));
  CHECK(quoted("BFloat16", "-inf") == u16(0xFF80));
  CHECK(number("BFloat16", "0") == u16(0));
  CHECK(number("BFloat16", "1e40") == "range");
  CHECK(number("BFloat16", "1e-45") == "range");
  CHECK(quoted("BFloat16", "x") == "bad");
}
