#include "worker/encode/writers.h"

#include "tests/worker/encode/writing.h"

using namespace event_consumer;
using namespace event_consumer::testing;

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

TEST_CASE("what is no string is text in a String") {
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
  CHECK(write("String", Kind::kCompound, R"({"a": [1,"\n"]})") ==
        "\x0f"
        R"({"a": [1,"\n"]})");
  CHECK(write("String", Kind::kCompound, "[1, 2]") == "\6[1, 2]");
}

TEST_CASE("a FixedString is filled up, never cut") {
  CHECK(quoted("FixedString(4)", "") == std::string(4, '\0'));
  CHECK(quoted("FixedString(4)", "ab") == std::string("ab\0\0", 4));
  CHECK(quoted("FixedString(4)", "abcd") == "abcd");
  CHECK(quoted("FixedString(4)", "abcde") == "range");
  CHECK(quoted("FixedString(4)", std::string_view("abcd\0", 5)) == "range");
  CHECK(quoted("LowCardinality(FixedString(2))", "ab") == "ab");
  CHECK(number("FixedString(4)", "12") == "bad");
  CHECK(write("FixedString(4)", Kind::kBool, "true") == "bad");
  CHECK(write("FixedString(4)", Kind::kCompound, "[]") == "bad");
}

TEST_CASE("a Bool is true or false, 1 or 0") {
  CHECK(write("Bool", Kind::kBool, "true") == "\1");
  CHECK(write("Bool", Kind::kBool, "false") == std::string(1, '\0'));
  CHECK(number("Bool", "1") == "\1");
  CHECK(number("Bool", "0") == std::string(1, '\0'));
  for (const char* text : {"2", "-1", "-0", "1.0", "1e0", "10"})
    CHECK(number("Bool", text) == "bad");
  for (const char* text : {"true", "false", "1", "0", "", "yes"})
    CHECK(quoted("Bool", text) == "bad");
  CHECK(write("Bool", Kind::kCompound, "[1]") == "bad");
}

TEST_CASE("an Enum takes names and declared numbers") {
  const char* const type = "Enum8('a' = 1, 'b' = -2, '1' = 3, '' = 4, '-7' = 5)";
  CHECK(quoted(type, "a") == "\1");
  CHECK(quoted(type, "b") == "\xfe");
  CHECK(quoted(type, "") == "\4");
  CHECK(number(type, "1") == "\1");
  CHECK(number(type, "-2") == "\xfe");
  CHECK(quoted(type, "-2") == "\xfe");
  CHECK(quoted(type, "1") == "\3");
  CHECK(quoted(type, "-7") == "\5");
  for (const char* text : {"2", "0", "-7", "1.0", "1e0", "257", "65537", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK(number(type, text) == "bad");
  }
  for (const char* text : {"A", "a ", "2", "+1", " 1", "c"}) CHECK(quoted(type, text) == "bad");
  CHECK(write(type, Kind::kBool, "true") == "bad");
  CHECK(write(type, Kind::kCompound, "[1]") == "bad");

  const char* const wide = "Enum16('x' = -32768, 'y' = 32767)";
  CHECK(quoted(wide, "x") == std::string("\0\x80", 2));
  CHECK(number(wide, "32767") == "\xff\x7f");
  CHECK(number(wide, "32768") == "bad");
}

TEST_CASE("an Array is its count and its elements") {
  const auto array = [](const char* type, std::string_view text) {
    return write(type, Kind::kCompound, text);
  };
  CHECK(array("Array(UInt8)", "[]") == std::string(1, '\0'));
  CHECK(array("Array(UInt8)", "[ ]") == std::string(1, '\0'));
  CHECK(array("Array(UInt8)", "[1,\t2 ,\"3\", true ]") == "\4\1\2\3\1");
  CHECK(array("Array(UInt8)", "[1,null]") == std::string("\2\1\0", 3));
  CHECK(array("Array(Nullable(UInt8))", "[1,null]") == std::string("\2\0\1\1", 4));
  CHECK(array("Array(Enum8('b' = 5, 'a' = 1))", "[null,\"a\"]") == "\2\5\1");
  CHECK(array("Array(Array(Int8))", "[[1,2],[],[-1], null]") ==
        std::string("\4\2\1\2\0\1\xff\0", 8));
  const std::string empty(1, '\0');
  CHECK(array("Array(String)", R"(["a,]\"b", [1, "]"], {"k": "}"}, 1.50, null, "\\"])") ==
        "\6\5a,]\"b" + std::string("\x08[1, \"]\"]") + "\x0a{\"k\": \"}\"}" + "\4" + "1.50" +
            empty + "\1\\");
  CHECK(array("Array(LowCardinality(String))",
              R"(["\u00fc\ud83d\ude00\u0000\u20acA\/\b\f\n\r\t"])") ==
        "\1\x11ü😀" + empty + "€A/\b\f\n\r\t");
  const std::string many = array("Array(UInt8)", "[" + std::string(199 * 2, ' ') + "1]");
  CHECK(many == "\1\1");
  std::string ones = "[1";
  for (int i = 1; i < 300; ++i) ones += ",1";
  CHECK(array("Array(UInt8)", ones + "]") == "\xac\2" + std::string(300, '\1'));

  CHECK(array("Array(UInt8)", "[1,256]") == "range");
  CHECK(array("Array(UInt8)", "[1,\"x\"]") == "bad");
  CHECK(array("Array(UInt8)", "[[1]]") == "bad");
  CHECK(array("Array(Array(UInt8))", "[[1],[2,300]]") == "range");
  CHECK(array("Array(Array(UInt8))", "[1]") == "bad");
  CHECK(array("Array(UInt8)", "{}") == "bad");
  CHECK(quoted("Array(UInt8)", "[1]") == "bad");
  CHECK(number("Array(UInt8)", "1") == "bad");
}
