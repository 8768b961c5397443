#include "worker/encode/decimal_text.h"

#include <string>

#include "tests/support/catch.h"

using namespace event_consumer;

namespace {

// The magnitude scaled, "range" where it has more digits, "bad" for no number.
std::string scaled(std::string_view text, int scale, int maximum_digits = 18) {
  const auto number = split_decimal(text);
  if (!number) return "bad";
  WideInteger magnitude;
  if (!scale_decimal(*number, scale, maximum_digits, magnitude)) return "range";
  return std::to_string(static_cast<std::uint64_t>(magnitude.low_128()));
}

}  // namespace

TEST_CASE("a decimal is scaled exactly") {
  CHECK(scaled("0", 3) == "0");
  CHECK(scaled("1", 3) == "1000");
  CHECK(scaled("1.2345", 3) == "1234");
  CHECK(scaled("0.0009", 3) == "0");
  CHECK(scaled("-12.5e1", 1) == "1250");
  CHECK(scaled("123456e-5", 1) == "12");
  CHECK(scaled("0.00012e4", 1) == "12");
  CHECK(scaled("000000000000000000000000001", 0) == "1");
  CHECK(scaled("999999999999999999", 0) == "999999999999999999");
  CHECK(scaled("1000000000000000000", 0) == "range");
  CHECK(scaled("1", 18) == "range");
  CHECK(scaled("1e18446744073709551616", 0) == "range");
  CHECK(scaled("1e-18446744073709551616", 0) == "0");
  CHECK(scaled("0e18446744073709551616", 0) == "0");
}

TEST_CASE("what is no decimal is told apart") {
  for (const char* text :
       {"", "+", "-", ".", "e1", ".e1", "1e", "1e+", "1.2.3", "--1", "1x", "1 ", "0x1"}) {
    CAPTURE(text);
    CHECK(scaled(text, 0) == "bad");
  }
}
