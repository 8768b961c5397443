#include "common/utf8.h"

#include "tests/support/catch.h"

using namespace event_consumer;

namespace {
constexpr std::size_t kValid = std::string_view::npos;
}

TEST_CASE("valid UTF-8 has no invalid byte") {
  CHECK(find_invalid_utf8("") == kValid);
  CHECK(find_invalid_utf8("plain ASCII of more than eight bytes\x7f") == kValid);
  CHECK(find_invalid_utf8(std::string_view("\0NUL\0", 5)) == kValid);
  CHECK(find_invalid_utf8("\xC2\x80 \xDF\xBF") == kValid);                  // U+0080, U+07FF
  CHECK(find_invalid_utf8("\xE0\xA0\x80 \xEF\xBF\xBF") == kValid);          // U+0800, U+FFFF
  CHECK(find_invalid_utf8("\xED\x9F\xBF \xEE\x80\x80") == kValid);          // around the surrogates
  CHECK(find_invalid_utf8("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF") == kValid);  // U+10000, U+10FFFF
  CHECK(find_invalid_utf8("grüße, 世界, 😀, once more 😀") == kValid);
}

TEST_CASE("the first invalid byte is found wherever it stands") {
  for (const char* bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2 ", "\xE0\x9F\xBF", "\xE4\xB8",
        "\xE4\xB8 ", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    for (std::size_t before = 0; before < 18; ++before) {
      for (const char* after : {"", "and text after it"}) {
        CAPTURE(bad, before, after);
        CHECK(find_invalid_utf8(std::string(before, 'x') + bad + after) == before);
      }
    }
  }
}

TEST_CASE("a sequence cut off by the end of the text is invalid") {
  const std::string text = "x😀";
  CHECK(find_invalid_utf8(std::string_view(text).substr(0, 4)) == 1);
}

TEST_CASE("an excerpt keeps short texts whole") {
  CHECK(excerpt("") == "");
  CHECK(excerpt("grüße \"quoted\"") == "grüße \"quoted\"");
  CHECK(excerpt(std::string(64, 'x')) == std::string(64, 'x'));
}

TEST_CASE("an excerpt is cut between characters") {
  CHECK(excerpt(std::string(65, 'x')) == std::string(64, 'x') + "…");
  CHECK(excerpt(std::string(63, 'x') + "ü") == std::string(63, 'x') + "…");
  CHECK(excerpt(std::string(61, 'x') + "😀") == std::string(61, 'x') + "…");
  CHECK(excerpt(std::string(60, 'x') + "😀y") == std::string(60, 'x') + "😀…");
}

TEST_CASE("an excerpt is valid UTF-8, whatever bytes the text has") {
  CHECK(excerpt("gzip,\xff") == "gzip,\\xff");
  CHECK(excerpt(std::string_view("x\xc2\x80", 2)) == "x\\xc2");
  CHECK(excerpt(std::string(100, '\xff')).find('\xff') == std::string::npos);
}

TEST_CASE("an excerpt has no control characters") {
  CHECK(excerpt(std::string_view("a\0b\n\x1b[31m\x7f", 10)) ==
        "a\\u0000b\\u000a\\u001b[31m\\u007f");
  CHECK(excerpt("\xC2\x80\xC2\x9F\xC2\xA0") == "\\u0080\\u009f\xC2\xA0");
}
