#include "common/terminal.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("wrapped: lines are broken at blanks and fit", "[terminal]") {
  CHECK(wrapped("one two three", 7) == "one two\nthree");
  CHECK(wrapped("one two three", 20) == "one two three");
  CHECK(wrapped("one two three", 8, 2) == "one two\n  three");
  CHECK(wrapped("one two", 9, 2, 4) == "one\n  two");
  CHECK(wrapped("a\nb c", 10, 1) == "a\n b c");
  CHECK(wrapped("looooong a", 4) == "looooong\na");
  CHECK(wrapped("ää öö", 5) == "ää öö");
}

TEST_CASE("cut_to: what is left out is marked, and no character is cut", "[terminal]") {
  CHECK(cut_to("abc", 3) == "abc");
  CHECK(cut_to("abcd", 3) == "ab…");
  CHECK(cut_to("äöüß", 3) == "äö…");
  CHECK(width_of("äöü") == 3);
}

}  // namespace
}  // namespace event_consumer
