#include "worker/encode/enum_values.h"

#include "tests/support/catch.h"

using namespace event_consumer;

namespace {

std::optional<std::int16_t> named(const char* declaration, std::string_view name) {
  const auto values = EnumValues::parse(declaration, -128, 127);
  REQUIRE(values);
  return values->find({JsonValue::Kind::kString, name});
}

}  // namespace

TEST_CASE("the names of an Enum are unescaped") {
  CHECK(named(R"('it\'s' = 1, 'a\\b' = 2, '\t\n' = 3)", "it's") == 1);
  CHECK(named(R"('it\'s' = 1, 'a\\b' = 2, '\t\n' = 3)", "a\\b") == 2);
  CHECK(named(R"('it\'s' = 1, 'a\\b' = 2, '\t\n' = 3)", "\t\n") == 3);
  CHECK(named("'a, b' = 1, ') = 2' = 3", ") = 2") == 3);
  CHECK(named("'grün' = 1", "grün") == 1);
}

TEST_CASE("an Enum's declaration is read whole or not at all") {
  for (const char* declaration :
       {"", "'a'", "'a' = ", "'a' = x", "'a'=1", "'a' = 1 ", "'a' = 1,'b' = 2", "a = 1",
        "'a' = 1, ", "'a", "'a\\", "'a' = 128", "'a' = -129", "'a' = 99999999999999999999"}) {
    CAPTURE(declaration);
    CHECK(!EnumValues::parse(declaration, -128, 127));
  }
  CHECK(EnumValues::parse("'a' = 7, 'b' = -128", -128, 127)->first() == 7);
}
