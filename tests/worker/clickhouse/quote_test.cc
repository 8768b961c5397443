#include "worker/clickhouse/quote.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("quote: an identifier stands between backquotes", "[quote]") {
  CHECK(quote_identifier("click_events") == "`click_events`");
  CHECK(quote_identifier("") == "``");
  CHECK(quote_identifier("a b.c\"d'e") == "`a b.c\"d'e`");
}

TEST_CASE("quote: what would end an identifier is escaped", "[quote]") {
  CHECK(quote_identifier("a`b") == "`a\\`b`");
  CHECK(quote_identifier("a\\") == "`a\\\\`");
  CHECK(quote_identifier("`; DROP TABLE x; --") == "`\\`; DROP TABLE x; --`");
  CHECK(quote_identifier("\\`") == "`\\\\\\``");
}

TEST_CASE("quote: a text stands between single quotes", "[quote]") {
  CHECK(quote_string("click_events") == "'click_events'");
  CHECK(quote_string("") == "''");
  CHECK(quote_string("it's") == "'it\\'s'");
  CHECK(quote_string("a\\") == "'a\\\\'");
  CHECK(quote_string("a`b") == "'a`b'");
}

TEST_CASE("quote: escapes of TabSeparated are undone", "[quote]") {
  CHECK(unescape_tsv("plain") == "plain");
  CHECK(unescape_tsv("") == "");
  CHECK(unescape_tsv("a\\tb\\nc\\rd\\be\\ff") == "a\tb\nc\rd\be\ff");
  CHECK(unescape_tsv("DateTime(\\'Europe/Berlin\\')") == "DateTime('Europe/Berlin')");
  CHECK(unescape_tsv("a\\\\tb") == "a\\tb");
  CHECK(unescape_tsv("\\0") == std::string(1, '\0'));
}

TEST_CASE("quote: what a profile adds to the rows of an answer is left away", "[quote]") {
  CHECK(tsv_rows("").empty());
  CHECK(tsv_rows("a\tb\n\t\n") == "a\tb\n\t\n");
  CHECK(tsv_rows("\n") == "\n");
  CHECK(tsv_rows("a\tb\\r\r\nc\td\r\n") == "a\tb\\r\nc\td\n");
  CHECK(tsv_rows("c\tb\na\td\n\na\tb\nc\td\n") == "c\tb\na\td\n");
  CHECK(tsv_rows("a\r\n\r\na\r\na\r\n") == "a\n");
}

TEST_CASE("quote: a backslash with nothing behind it stays", "[quote]") {
  CHECK(unescape_tsv("a\\") == "a\\");
}

}  // namespace
}  // namespace event_consumer
