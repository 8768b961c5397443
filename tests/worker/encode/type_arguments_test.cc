#include "worker/encode/type_arguments.h"

#include "tests/support/catch.h"

using namespace event_consumer;

using Parts = std::vector<std::string_view>;

TEST_CASE("arguments are split at the commas outside of parentheses and quotes") {
  CHECK(split_arguments("UInt8") == Parts{"UInt8"});
  CHECK(split_arguments("String, Map(String, UInt8)") == Parts{"String", "Map(String, UInt8)"});
  CHECK(split_arguments("a Enum8('x, )' = 1), `b, (` UInt8") ==
        Parts{"a Enum8('x, )' = 1)", "`b, (` UInt8"});
  CHECK(split_arguments(R"('\', ', UInt8)") == Parts{R"('\', ')", "UInt8"});
  CHECK(split_arguments("") == Parts{""});
}

TEST_CASE("what is not closed has no parts") {
  for (const char* text : {"(", "a(b", "'a", "`a", "'a\\'", "a)"}) {
    CAPTURE(text);
    CHECK(split_arguments(text).empty());
  }
}

TEST_CASE("the name of an argument") {
  CHECK(split_name("UInt8").name == "");
  CHECK(split_name("UInt8").type == "UInt8");
  CHECK(split_name("Decimal(18, 4)").name == "");
  CHECK(split_name("a Decimal(18, 4)").name == "a");
  CHECK(split_name("a Decimal(18, 4)").type == "Decimal(18, 4)");
  CHECK(split_name(R"(`b c\`\\` UInt8)").name == "b c`\\");
  CHECK(split_name(R"(`a\n\t\b\f\r\0b` UInt8)").name == std::string("a\n\t\b\f\r\0b", 8));
}
