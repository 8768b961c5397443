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

// The columns of all rows of the last body.
Written written(const RowEncoder& encoder) {
  REQUIRE(encoder.groups().size() == 1);
  return encoder.groups().front().columns;
}

}  // namespace

TEST_CASE("a row with defaults says which values are the column's DEFAULT") {
  RowEncoder encoder = make(RowFormat::kRowBinaryWithDefaults);
  CHECK(row_of(encoder, R"({"a":"x","b":2,"c":3})") == std::string("\0\1x\0\2\0\0\3", 8));
  CHECK(row_of(encoder, R"({"a":null})") == std::string("\0\0\1\1", 4));
  CHECK(row_of(encoder, R"({"a":null,"b":null,"c":null})") == std::string("\0\0\1\0\1", 5));
  CHECK(written(encoder) == Written{true, true, true});
}

TEST_CASE("a plain row leaves out the columns that are to be their DEFAULT") {
  RowEncoder encoder = make(RowFormat::kRowBinary);
  CHECK(row_of(encoder, R"({"a":"x","b":2,"c":3})") == std::string("\1x\2\0\3", 5));
  CHECK(written(encoder) == Written{true, true, true});
  CHECK(row_of(encoder, R"({"a":null})") == std::string(1, '\0'));
  CHECK(written(encoder) == Written{true, false, false});
  CHECK(row_of(encoder, R"({"b":null,"c":null})") == std::string("\0\1", 2));
  CHECK(written(encoder) == Written{true, false, true});
  CHECK(row_of(encoder, R"({"b":7})") == std::string("\0\7", 2));
  CHECK(written(encoder) == Written{true, true, false});
}

TEST_CASE("plain rows of a body that hold the same columns are put together") {
  RowEncoder encoder = make(RowFormat::kRowBinary);
  CHECK(row_of(encoder, R"([{"b":1},{"b":2}])") == std::string("\0\1\0\2", 4));
  CHECK(written(encoder) == Written{true, true, false});
  CHECK(row_of(encoder, R"([{"a":"1"},{"a":"22","b":2},{"a":"333"},{"a":"4","c":5}])") ==
        std::string("\1"
                    "1\3"
                    "333\2"
                    "22\2\1"
                    "4\0\5",
                    14));
  const std::vector<RowEncoder::Group>& groups = encoder.groups();
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].columns == Written{true, false, false});
  CHECK(groups[1].columns == Written{true, true, false});
  CHECK(groups[2].columns == Written{true, false, true});
  CHECK((groups[0].rows == 2 && groups[1].rows == 1 && groups[2].rows == 1));
  CHECK((groups[0].bytes == 6 && groups[1].bytes == 4 && groups[2].bytes == 4));
  CHECK(row_of(encoder, R"({"a":"x"})") == "\1x");
  CHECK(written(encoder) == Written{true, false, false});
}

TEST_CASE("a body whose rows would need too many inserts is rejected") {
  std::vector<Column> columns;
  for (char name = 'a'; name < 'h'; ++name)
    columns.push_back({{name}, *parse_column_type("UInt8"), true});
  auto encoder = RowEncoder::create(columns, {});
  REQUIRE(encoder.ok());
  std::string body;
  for (int set = 1; set <= 101; ++set) {
    std::string event;
    for (int i = 0; i < 7; ++i)
      if (((set >> i) & 1) != 0)
        event +=
            (event.empty() ? "\"" : ",\"") + std::string(1, static_cast<char>('a' + i)) + "\":1";
    RowBuffer rows;
    body += "{" + event + "}";
    const auto rejection = encoder->encode(body, rows);
    CHECK(rejection.has_value() == (set == 101));
    if (!rejection) continue;
    CHECK(rejection->reason == Reason::kTooManyEvents);
    CHECK(rows.size() == 0);
  }
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
