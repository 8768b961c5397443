#include <utility>

#include "tests/support/catch.h"
#include "worker/encode/row_encoder.h"

using namespace event_consumer;

namespace {

// a String, b UInt8 DEFAULT …, c Nullable(UInt8) DEFAULT …
RowEncoder make(RowFormat format, const std::vector<std::string>& required = {}) {
  auto encoder = RowEncoder::create({{"a", *parse_column_type("String"), false},
                                     {"b", *parse_column_type("UInt8"), true},
                                     {"c", *parse_column_type("Nullable(UInt8)"), true}},
                                    required, format);
  REQUIRE(encoder.ok());
  return std::move(*encoder);
}

std::string row_of(RowEncoder& encoder, std::string_view body) {
  RowBuffer rows;
  const auto rejection = encoder.encode(body, rows);
  CAPTURE(body);
  REQUIRE(!rejection);
  return std::string(rows.view());
}

using Written = std::vector<bool>;

}  // namespace

TEST_CASE("a row with defaults says which values are the column's DEFAULT") {
  RowEncoder encoder = make(RowFormat::kRowBinaryWithDefaults);
  CHECK(row_of(encoder, R"({"a":"x","b":2,"c":3})") == std::string("\0\1x\0\2\0\0\3", 8));
  CHECK(row_of(encoder, R"({"a":null})") == std::string("\0\0\1\1", 4));
  CHECK(row_of(encoder, R"({"a":null,"b":null,"c":null})") == std::string("\0\0\1\0\1", 5));
  CHECK(encoder.written_columns() == Written{true, true, true});
}

TEST_CASE("a plain row leaves out the columns that are to be their DEFAULT") {
  RowEncoder encoder = make(RowFormat::kRowBinary);
  CHECK(row_of(encoder, R"({"a":"x","b":2,"c":3})") == std::string("\1x\2\0\3", 5));
  CHECK(encoder.written_columns() == Written{true, true, true});
  CHECK(row_of(encoder, R"({"a":null})") == std::string(1, '\0'));
  CHECK(encoder.written_columns() == Written{true, false, false});
  CHECK(row_of(encoder, R"({"b":null,"c":null})") == std::string("\0\1", 2));
  CHECK(encoder.written_columns() == Written{true, false, true});
  CHECK(row_of(encoder, R"({"b":7})") == std::string("\0\7", 2));
  CHECK(encoder.written_columns() == Written{true, true, false});
}

TEST_CASE("a required column must be there, whatever its DEFAULT") {
  for (const RowFormat format : {RowFormat::kRowBinary, RowFormat::kRowBinaryWithDefaults}) {
    RowEncoder encoder = make(format, {"b"});
    RowBuffer rows;
    const auto rejection = encoder.encode(R"({"a":"x"})", rows);
    REQUIRE(rejection);
    CHECK(rejection->reason == Reason::kMissingField);
    CHECK(rejection->column == "b");
    CHECK(rows.size() == 0);
  }
}

TEST_CASE("an event that leaves nothing to write is rejected") {
  auto encoder = RowEncoder::create({{"b", *parse_column_type("UInt8"), true}}, {});
  REQUIRE(encoder.ok());
  RowBuffer rows;
  const auto rejection = encoder->encode(R"({"b":null})", rows);
  REQUIRE(rejection);
  CHECK(rejection->reason == Reason::kMissingField);
  CHECK(rejection->column.empty());
  CHECK(row_of(*encoder, R"({"b":1})") == "\1");
}
