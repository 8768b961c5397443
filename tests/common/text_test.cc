#include "common/text.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("text: a blank around a name is seen", "[text]") {
  CHECK(visible("an order") == "an order");
  CHECK(visible("orders ") == "'orders '");
  CHECK(visible(" orders") == "' orders'");
  CHECK(visible("") == "");
}

TEST_CASE("text: printable escapes what a terminal would obey or choke on", "[text]") {
  CHECK(printable("plain äöü €", 100) == "plain äöü €");
  CHECK(printable("a\nb\x1b[2J\x7f", 100) == "a\\x0ab\\x1b[2J\\x7f");
  CHECK(printable("\xc2\x9b", 100) == "\\xc2\\x9b");
  CHECK(printable("\xc2\xa0", 100) == "\xc2\xa0");
  CHECK(printable("a\xff\xe2\x82", 100) == "a\\xff\\xe2\\x82");
  CHECK(printable(std::string_view("\0", 1), 100) == "\\x00");
}

TEST_CASE("text: printable cuts between characters", "[text]") {
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable("abcd", 3) == "abc…");
  CHECK(printable("a€b", 2) == "a…");
  CHECK(printable("a€b", 3) == "a…");
  CHECK(printable("a€b", 4) == "a€…");
  CHECK(printable("\x80\x80\x80\x80\x80\x80", 5) == "\\x80\\x80…");
}

TEST_CASE("text: JSON strings", "[text]") {
  CHECK(json_string("") == "\"\"");
  CHECK(json_string("a\"b\\c/ä") == "\"a\\\"b\\\\c/ä\"");
  CHECK(json_string("\n\x01\x7f") == "\"\\u000a\\u0001\\u007f\"");
  CHECK(json_string("a\xff\xfez") == "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"");
}

TEST_CASE("text: base64, with RFC 4648's examples", "[text]") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfb\xfe") == "//v+");
}

}  // namespace
}  // namespace event_consumer
