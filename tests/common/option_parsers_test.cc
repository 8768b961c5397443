#include "common/option_parsers.h"

#include <limits>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<long> whole_number(const std::string& text, long lowest, long highest) {
  long number = 0;
  if (parse_whole_number(text, lowest, highest, number)) return std::nullopt;
  return number;
}

std::optional<std::size_t> size(const std::string& text, std::size_t lowest, std::size_t highest) {
  std::size_t bytes = 0;
  if (parse_size(text, lowest, highest, bytes)) return std::nullopt;
  return bytes;
}

std::optional<milliseconds> duration(const std::string& text) {
  milliseconds parsed{0};
  if (parse_seconds(text, milliseconds(1), seconds(3600), parsed)) return std::nullopt;
  return parsed;
}

TEST_CASE("whole number: decimal digits within the range", "[option_parsers]") {
  CHECK(whole_number("1", 1, 10) == 1);
  CHECK(whole_number("10", 1, 10) == 10);
  CHECK(whole_number("010", 1, 10) == 10);
  CHECK_FALSE(whole_number("0", 1, 10).has_value());
  CHECK_FALSE(whole_number("11", 1, 10).has_value());
}

TEST_CASE("whole number: nothing else passes", "[option_parsers]") {
  for (const char* text : {"", " ", "-1", "+1", " 1", "1 ", "1.0", "1e1", "0x1", "one", "1,000",
                           "99999999999999999999999"})
    CHECK_FALSE(whole_number(text, 0, std::numeric_limits<long>::max()).has_value());
}

TEST_CASE("whole number: the refusal names the range", "[option_parsers]") {
  long number = 0;
  CHECK(parse_whole_number("x", 1, 256, number).value_or("") ==
        "expected a whole number from 1 to 256");
}

TEST_CASE("size: bytes and binary units", "[option_parsers]") {
  CHECK(size("1024", 1, 1 << 30) == 1024u);
  CHECK(size("8192KiB", 1, 1 << 30) == 8u << 20);
  CHECK(size("8MiB", 1, 1 << 30) == 8u << 20);
  CHECK(size("1GiB", 1, std::size_t{1} << 30) == 1u << 30);
}

TEST_CASE("size: bounds hold in every unit", "[option_parsers]") {
  CHECK_FALSE(size("1023", 1024, 1 << 20).has_value());
  CHECK(size("1KiB", 1024, 1 << 20) == 1024u);
  CHECK(size("1MiB", 1024, 1 << 20) == 1u << 20);
  CHECK_FALSE(size("1048577", 1024, 1 << 20).has_value());
  CHECK_FALSE(size("1025KiB", 1024, 1 << 20).has_value());
  CHECK_FALSE(size("1GiB", 1024, 1 << 20).has_value());
  CHECK_FALSE(size("0", 1024, 1 << 20).has_value());
  CHECK_FALSE(size("18014398509481984KiB", 0, 1 << 20).has_value());  // 2^64 bytes
}

TEST_CASE("size: nothing else passes", "[option_parsers]") {
  for (const char* text :
       {"", "MiB", "8 MiB", "8mib", "8MB", "8M", "8MiBs", "-1", "-1MiB", "1.5MiB", "0x10", "8MiB "})
    CHECK_FALSE(size(text, 0, std::size_t{1} << 40).has_value());
}

TEST_CASE("seconds: with and without a fraction", "[option_parsers]") {
  CHECK(duration("1") == seconds(1));
  CHECK(duration("0.25") == milliseconds(250));
  CHECK(duration(".5") == milliseconds(500));
  CHECK(duration("0.001") == milliseconds(1));
  CHECK(duration("3600") == seconds(3600));
  CHECK(duration("1.0014") == milliseconds(1001));
}

TEST_CASE("seconds: bounds hold", "[option_parsers]") {
  for (const char* text :
       {"0", "0.0", "0.0004", "3600.001", "3601", "1000000000000000000000000000"})
    CHECK_FALSE(duration(text).has_value());
}

TEST_CASE("seconds: nothing else passes", "[option_parsers]") {
  for (const char* text :
       {"", ".", "-1", "+1", "1s", "nan", "inf", "1e3", "0x1", "1.2.3", "1,5", " 1", "1 "})
    CHECK_FALSE(duration(text).has_value());
}

TEST_CASE("seconds: the refusal names the range as it is written", "[option_parsers]") {
  milliseconds parsed{0};
  CHECK(parse_seconds("x", milliseconds(1), seconds(3600), parsed).value_or("") ==
        "expected seconds from 0.001 to 3600");
  CHECK(parse_seconds("x", milliseconds(250), milliseconds(1500), parsed).value_or("") ==
        "expected seconds from 0.25 to 1.5");
}

TEST_CASE("switch: on and off, what others call them, and no other word", "[option_parsers]") {
  bool on = false;
  for (const char* text : {"on", "true", "yes", "1", "On", "TRUE"}) {
    on = false;
    CHECK_FALSE(parse_switch(text, on).has_value());
    CHECK(on);
  }
  for (const char* text : {"off", "false", "no", "0", "OFF", "False"}) {
    on = true;
    CHECK_FALSE(parse_switch(text, on).has_value());
    CHECK_FALSE(on);
  }
  for (const char* text : {"", "2", "01", "ture", "y", "on ", "enabled"})
    CHECK(parse_switch(text, on).has_value());
}

TEST_CASE("name: anything but nothing", "[option_parsers]") {
  std::string name;
  CHECK_FALSE(parse_name("click events", name).has_value());
  CHECK(name == "click events");
  CHECK(parse_name("", name).has_value());
}

TEST_CASE("list: names between commas, blanks around them ignored", "[option_parsers]") {
  using Names = std::vector<std::string>;
  CHECK(parse_list("a,b,c") == Names{"a", "b", "c"});
  CHECK(parse_list(" a ,\tb c ") == Names{"a", "b c"});
  CHECK(parse_list("a") == Names{"a"});
  CHECK(parse_list("") == Names{});
  CHECK(parse_list(" , ,") == Names{});
  CHECK(parse_list("a,,b,") == Names{"a", "b"});
}

}  // namespace
}  // namespace event_consumer
