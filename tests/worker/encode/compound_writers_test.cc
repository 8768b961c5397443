#include "tests/worker/encode/writing.h"

using namespace event_consumer;
using namespace event_consumer::testing;

namespace {

std::string compound(const char* type, std::string_view text) {
  return write(type, Kind::kCompound, text);
}

// Of texts with NUL bytes in them.
template <std::size_t kSize>
std::string bytes(const char (&text)[kSize]) {
  return {text, kSize - 1};
}

}  // namespace

TEST_CASE("a Map is a count, and keys and values in turn") {
  CHECK(compound("Map(String, UInt8)", "{}") == bytes("\0"));
  CHECK(compound("Map(String, UInt8)", R"({"a": 1, "b" : "2", "a": null})") ==
        bytes("\3\1a\1\1b\2\1a\0"));
  CHECK(compound("Map(UInt8, Nullable(String))", R"({"1": "x", "2": null})") ==
        bytes("\2\1\0\1x\2\1"));
  CHECK(compound("Map(String, Map(String, Array(UInt8)))", R"({"a": {"b\u0021": [1]}})") ==
        bytes("\1\1a\1\2b!\1\1"));
  CHECK(compound("Map(String, UInt8)", R"({"a": 1, "b": 256})") == "range");
  CHECK(compound("Map(String, UInt8)", R"({"a": "x"})") == "bad");
  CHECK(compound("Map(UInt8, String)", R"({"x": "a"})") == "bad");
  CHECK(compound("Map(String, UInt8)", "[]") == "bad");
  CHECK(quoted("Map(String, UInt8)", "{}") == "bad");
}

TEST_CASE("a Tuple without names takes an array of all its elements") {
  CHECK(compound("Tuple(UInt8, String)", R"([1, "x"])") == bytes("\1\1x"));
  CHECK(compound("Tuple(UInt8, Nullable(String))", "[null, null]") == bytes("\0\1"));
  CHECK(compound("Tuple(UInt8, String)", "[1]") == "bad");
  CHECK(compound("Tuple(UInt8, String)", R"([1, "x", 2])") == "bad");
  CHECK(compound("Tuple(UInt8, String)", R"({"1": 1, "2": "x"})") == "bad");
  CHECK(compound("Point", "[1, 2]") == f64(1) + f64(2));
  CHECK(compound("Ring", "[[1, 2], [3, 4]]") == "\2" + f64(1) + f64(2) + f64(3) + f64(4));
}

TEST_CASE("a Tuple with names takes an object in any order") {
  constexpr const char* kType = "Tuple(a UInt8, b String)";
  CHECK(compound(kType, R"({"b": "x", "a": 1})") == bytes("\1\1x"));
  CHECK(compound(kType, R"({"\u0062": "\u0078", "c": {"a": [7]}})") == bytes("\0\1x"));
  CHECK(compound(kType, "{}") == bytes("\0\0"));
  CHECK(compound(kType, R"({"a": null, "B": "x"})") == bytes("\0\0"));
  CHECK(compound(kType, R"({"a": 1, "a": 2})") == "bad");
  CHECK(compound(kType, R"({"a": 256})") == "range");
  CHECK(compound(kType, R"([1, "x"])") == "bad");
  CHECK(compound("Array(Tuple(a UInt8))", R"([{"a": 1}, {}, null])") == bytes("\3\1\0\0"));
  CHECK(compound("Nested(a UInt8, b String)", R"([{"b": "x"}])") == bytes("\1\0\1x"));
}

TEST_CASE("a Variant takes the first type that fits, in ClickHouse's order") {
  constexpr const char* kType = "Variant(Array(UInt64), Bool, String, UInt8)";
  CHECK(write(kType, Kind::kBool, "true") == bytes("\1\1"));
  CHECK(number(kType, "200") == "\3\xc8");
  CHECK(number(kType, "300") ==
        "\2\3"
        "300");
  CHECK(quoted(kType, "x") == "\2\1x");
  CHECK(compound(kType, "[]") == bytes("\0\0"));
  CHECK(compound(kType, "{}") == "\2\2{}");
  CHECK(compound("Geometry", "[[[1, 2]]]") == "\1\1\1" + f64(1) + f64(2));
  CHECK(quoted("Variant(IPv4, UInt8)", "x") == "bad");
  CHECK(compound("Array(Variant(String, UInt8))", "[1, null]") == bytes("\2\1\1\xff"));
}

TEST_CASE("a Variant tries types in exactly ClickHouse's order") {
  // Of two Decimals the shorter first.
  CHECK(number("Variant(Decimal(18, 4), Decimal(9, 2))", "1") == bytes("\1\x64\0\0\0"));
  CHECK(number("Variant(Decimal(38, 0), Decimal(76, 0))", "1") ==
        bytes("\0\1") + std::string(15, '\0'));
  // What has no place in the order comes behind a String, the first of its names before.
  CHECK(number("Variant(BFloat16, Float32)", "1.5") == bytes("\1\0\0\xC0\x3F"));
  CHECK(number("Variant(BFloat16, String)", "1.5") == bytes("\1\3") + "1.5");
  CHECK(quoted("Variant(String, Time)", "10:20:30") == bytes("\0\x08") + "10:20:30");
  CHECK(number("Variant(DateTime, Time64(3))", "1") == bytes("\0\1\0\0\0"));
  CHECK(number("Variant(IntervalDay, IntervalSecond)", "1") ==
        bytes("\0\1") + std::string(7, '\0'));
  CHECK(compound("Variant(JSON, String)", R"({"a":1})") == bytes("\1\7") + R"({"a":1})");
  // The ranks of elements are added.
  CHECK(compound("Variant(Array(UInt8), Tuple(UInt8, String))", "[1, 2]") == bytes("\0\2\1\2"));
  CHECK(compound("Variant(Array(Array(Int8)), Array(Point))", "[]") == bytes("\0\0"));
  CHECK(compound("Variant(Array(Nested(a UInt8)), Array(String))", "[]") == bytes("\0\0"));
  // Of two alike the one that can be NULL.
  CHECK(compound("Variant(Array(LowCardinality(Nullable(String))), Array(Nullable(String)))",
                 "[null]") == bytes("\0\1\1"));
  CHECK(compound("Variant(Array(Map(String, LowCardinality(String))), "
                 "Array(Map(String, String)))",
                 "[]") == bytes("\0\0"));
  CHECK(compound("Variant(Array(String), Array(Nullable(String)))", "[null]") == bytes("\1\1\1"));
}

TEST_CASE("a quoted number is no Decimal in a Variant, unless it has an exponent") {
  CHECK(quoted("Variant(Decimal(9, 2), String)", "1.5") == bytes("\1\3") + "1.5");
  CHECK(quoted("Variant(Decimal(9, 2), Decimal(18, 2))", "1") == "bad");
  CHECK(quoted("Variant(Decimal(9, 2), String)", "1e2") == bytes("\0\x10\x27\0\0"));
  CHECK(compound("Variant(Array(Decimal(9, 2)), String)", R"(["1"])") ==
        bytes("\1\5") + R"(["1"])");
}

TEST_CASE("1 and 0 are numbers in a Variant with a Bool") {
  CHECK(number("Variant(Bool, UInt8)", "1") == bytes("\1\1"));
  CHECK(number("Variant(Bool, UInt8)", "0") == bytes("\1\0"));
  CHECK(number("Variant(Bool, String)", "1") == bytes("\1\1") + "1");
  CHECK(number("Variant(Bool, IPv4)", "1") == "bad");
  CHECK(compound("Variant(Array(Bool), Array(UInt8))", "[true]") == bytes("\0\1\1"));
  CHECK(compound("Variant(Array(Bool), Array(UInt8))", "[true, 0]") == bytes("\1\2\1\0"));
  CHECK(compound("Variant(Array(Nullable(Bool)), UInt8)", "[1]") == "bad");
}

TEST_CASE("a Dynamic has the type of its value in JSON") {
  CHECK(number("Dynamic", "-1") == "\x0a" + i64(-1));
  CHECK(number("Dynamic", "18446744073709551615") == "\4" + i64(-1));
  CHECK(number("Dynamic", "18446744073709551616") ==
        "\x15\x14"
        "18446744073709551616");
  CHECK(number("Dynamic", "1.5") == "\x0e" + f64(1.5));
  CHECK(number("Dynamic", "1e400") == "range");
  CHECK(write("Dynamic", Kind::kBool, "true") == "\x2d\1");
  CHECK(quoted("Dynamic", "2025-01-01") ==
        "\x15\x0a"
        "2025-01-01");
  CHECK(compound("Dynamic", "[1]") == "\x15\3[1]");
}

TEST_CASE("a JSON is the text of an object") {
  CHECK(compound("JSON", R"({"a": 1})") == "\x08{\"a\": 1}");
  CHECK(compound("JSON", "[1]") == "bad");
  CHECK(quoted("JSON", "{}") == "bad");
}
