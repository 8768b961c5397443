#include "worker/encode/column_types.h"

#include "tests/support/catch.h"

using namespace event_consumer;

namespace {

// The row's bytes of a value that is absent.
std::string empty_of(const std::string& type_name) {
  const auto type = parse_column_type(type_name);
  REQUIRE(type.ok());
  CHECK(type.value().name == type_name);
  CHECK(type.value().write != nullptr);
  return type.value().empty;
}

}  // namespace

TEST_CASE("the empty value of a type is as wide as the type") {
  CHECK(empty_of("String") == std::string(1, '\0'));
  CHECK(empty_of("LowCardinality(String)") == std::string(1, '\0'));
  CHECK(empty_of("UInt8") == std::string(1, '\0'));
  CHECK(empty_of("Int8") == std::string(1, '\0'));
  CHECK(empty_of("UInt16") == std::string(2, '\0'));
  CHECK(empty_of("Int16") == std::string(2, '\0'));
  CHECK(empty_of("UInt32") == std::string(4, '\0'));
  CHECK(empty_of("Int32") == std::string(4, '\0'));
  CHECK(empty_of("UInt64") == std::string(8, '\0'));
  CHECK(empty_of("Int64") == std::string(8, '\0'));
  CHECK(empty_of("Float64") == std::string(8, '\0'));
  CHECK(empty_of("DateTime") == std::string(4, '\0'));
  CHECK(empty_of("DateTime('Europe/Berlin')") == std::string(4, '\0'));
  CHECK(empty_of("DateTime64(6)") == std::string(8, '\0'));
  CHECK(empty_of("DateTime64(6, 'Asia/Kolkata')") == std::string(8, '\0'));
}

TEST_CASE("the empty value of a Nullable is NULL") {
  for (const char* type : {"Nullable(String)", "LowCardinality(Nullable(String))",
                           "Nullable(UInt64)", "Nullable(DateTime64(3, 'UTC'))"}) {
    CAPTURE(type);
    CHECK(empty_of(type) == "\1");
    CHECK(parse_column_type(type)->nullable);
  }
  CHECK(!parse_column_type("LowCardinality(String)")->nullable);
}

TEST_CASE("the precision of a DateTime64 is read") {
  CHECK(parse_column_type("DateTime64(0)")->precision == 0);
  CHECK(parse_column_type("DateTime64(9, 'UTC')")->precision == 9);
  CHECK(parse_column_type("Nullable(DateTime64(3))")->precision == 3);
}

TEST_CASE("a type that cannot be written is named") {
  for (const std::string name : {"",
                                 "Array(String)",
                                 "FixedString(16)",
                                 "UInt128",
                                 "uint8",
                                 "String ",
                                 "String()",
                                 "String(5)",
                                 "UInt8(3)",
                                 "DateTime()",
                                 "DateTime(UTC)",
                                 "DateTime('')",
                                 "DateTime64",
                                 "DateTime64()",
                                 "DateTime64('UTC')",
                                 "DateTime64(10)",
                                 "DateTime64(-1)",
                                 "DateTime64(x)",
                                 "DateTime64(3,'UTC')",
                                 "DateTime64(3, UTC)",
                                 "DateTime64(3, 'UTC'",
                                 "Nullable",
                                 "Nullable()",
                                 "Nullable(Array(String))",
                                 "Nullable(Nullable(String))",
                                 "LowCardinality(Array(String))",
                                 "Map(String, String)",
                                 "Tuple(a String)"}) {
    const auto type = parse_column_type(name);
    CAPTURE(name);
    REQUIRE(!type.ok());
    CHECK(type.error().exit_code == ExitCode::kConfiguration);
    CHECK(type.error().message == "columns of the type " + name + " cannot be written");
  }
}
