#include "worker/encode/column_types.h"

#include <utility>
#include <vector>

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

TEST_CASE("the empty value of a type with arguments is as wide as they say") {
  for (const auto& [type, bytes] : std::vector<std::pair<const char*, std::size_t>>{
           {"FixedString(1)", 1},
           {"FixedString(16)", 16},
           {"LowCardinality(FixedString(3))", 3},
           {"Bool", 1},
           {"UInt128", 16},
           {"Int128", 16},
           {"UInt256", 32},
           {"Int256", 32},
           {"Float32", 4},
           {"Decimal(9, 9)", 4},
           {"Decimal(18, 0)", 8},
           {"Decimal(38, 1)", 16},
           {"Decimal(76, 76)", 32},
           {"Decimal32(0)", 4},
           {"Decimal64(18)", 8},
           {"Decimal128(1)", 16},
           {"Decimal256(1)", 32},
           {"Date", 2},
           {"Date32", 4},
           {"UUID", 16},
           {"IPv4", 4},
           {"IPv6", 16},
           {"Array(UInt64)", 1},
           {"Array(Array(Nullable(String)))", 1},
           {"SimpleAggregateFunction(sum, UInt64)", 8},
           {"SimpleAggregateFunction(sumMap, Map(String, UInt8))", 1},
           {"Map(LowCardinality(String), Array(UInt8))", 1},
           {"Tuple(UInt8, String, DateTime64(3, 'UTC'))", 10},
           {"Tuple(a UInt16, `b, (c` Tuple(d UInt32))", 6},
           {"Nested(a UInt8, b String)", 1},
           {"Point", 16},
           {"MultiPolygon", 1},
           {"BFloat16", 2},
           {"Time", 4},
           {"Time64(9)", 8},
           {"IntervalMonth", 8},
           {"Dynamic", 1},
           {"SimpleAggregateFunction(groupArrayArray(10, 'a, b'), Array(UInt8))", 1}}) {
    CAPTURE(type);
    CHECK(empty_of(type) == std::string(bytes, '\0'));
  }
}

TEST_CASE("the empty value of an Enum is the one declared first") {
  CHECK(empty_of("Enum8('b' = 5, 'a' = 1)") == "\5");
  CHECK(empty_of("Enum8('a' = -128)") == "\x80");
  CHECK(empty_of("Enum16('a' = -300, 'b' = 0)") == "\xd4\xfe");
  CHECK(empty_of("Nullable(Enum8('a' = 1))") == "\1");
}

TEST_CASE("the empty values of types that are not zeros") {
  CHECK(empty_of("Variant(String, UInt64)") == "\xff");
  CHECK(empty_of("Geometry") == "\xff");
  CHECK(empty_of("JSON") == "\2{}");
  CHECK(empty_of("JSON(max_dynamic_paths=8, a.b UInt32, SKIP c)") == "\2{}");
  CHECK(empty_of("Tuple(a Enum8('x' = 5), b Nullable(UInt64))") == "\5\1");
  CHECK(empty_of("Nullable(Tuple(a UInt64))") == "\1");
}

TEST_CASE("the names of a Tuple's elements are read as ClickHouse quotes them") {
  auto type = parse_column_type(
      "Tuple(a UInt8, `b c` Enum8('x, (' = 1), `d\\`e\\\\` Tuple(`f` UInt8), g Map(String, "
      "UInt8))");
  REQUIRE(type.ok());
  CHECK(type->element_names == std::vector<std::string>{"a", "b c", "d`e\\", "g"});
  CHECK(type->elements.at(2).element_names == std::vector<std::string>{"f"});
}

TEST_CASE("the arguments of a type are read") {
  CHECK(parse_column_type("FixedString(16)")->length == 16);
  CHECK(parse_column_type("Decimal(18, 4)")->precision == 18);
  CHECK(parse_column_type("Nullable(Decimal(18, 4))")->scale == 4);
  CHECK(parse_column_type("Decimal64(4)")->precision == 18);
  CHECK(parse_column_type("Array(Nullable(String))")->elements.at(0).nullable);
  CHECK(!parse_column_type("Array(Nullable(String))")->nullable);
  CHECK(parse_column_type("SimpleAggregateFunction(anyLast, Nullable(String))")->nullable);
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
                                 "Array",
                                 "Array()",
                                 "Array(AggregateFunction(sum, UInt64))",
                                 "Array(UInt8, UInt8)",
                                 "FixedString",
                                 "FixedString(0)",
                                 "FixedString(16777216)",
                                 "FixedString(3, 4)",
                                 "UInt512",
                                 "Decimal",
                                 "Decimal(77, 1)",
                                 "Decimal(0, 0)",
                                 "Decimal(9, 10)",
                                 "Decimal(9)",
                                 "Decimal(9,2)",
                                 "Decimal32",
                                 "Decimal32(10)",
                                 "Enum8",
                                 "Enum8()",
                                 "Enum8('a')",
                                 "Enum8('a' = 128)",
                                 "Enum8('a' = -129)",
                                 "Enum8('a' = 1,)",
                                 "Enum8('a' = 1, )",
                                 "Enum8('a = 1)",
                                 "Enum8('a\\",
                                 "Enum16('a' = 32768)",
                                 "SimpleAggregateFunction(sum)",
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
                                 "LowCardinality(Nullable(Array(String)))",
                                 "Nullable(Map(String, String))",
                                 "LowCardinality(Tuple(String))",
                                 "Map",
                                 "Map(String)",
                                 "Map(String, String, String)",
                                 "Map(String, String",
                                 "Tuple",
                                 "Tuple()",
                                 "Tuple(a String, UInt8)",
                                 "Tuple(a AggregateFunction(sum, UInt64))",
                                 "Tuple(`a String)",
                                 "Nested(UInt8)",
                                 "Variant(Nullable(UInt8), String)",
                                 "Time(3)",
                                 "Time64",
                                 "QBit(Float32, 8)",
                                 "Object('json')"}) {
    const auto type = parse_column_type(name);
    CAPTURE(name);
    REQUIRE(!type.ok());
    CHECK(type.error().kind == ErrorKind::kConfiguration);
    CHECK(type.error().message == "columns of the type " + name + " cannot be written");
  }
}
