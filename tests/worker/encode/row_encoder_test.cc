#include "worker/encode/row_encoder.h"

#include <utility>

#include "tests/support/catch.h"

using namespace event_consumer;

namespace {

using Columns = std::vector<std::pair<const char*, const char*>>;

RowEncoder make(const Columns& columns, const std::vector<std::string>& required = {}) {
  std::vector<Column> typed;
  for (const auto& [name, type_name] : columns) {
    auto type = parse_column_type(type_name);
    REQUIRE(type.ok());
    typed.push_back({name, *type});
  }
  auto encoder = RowEncoder::create(std::move(typed), required);
  REQUIRE(encoder.ok());
  return std::move(*encoder);
}

RowEncoder make_click_events() {
  return make({{"short_code", "String"},
               {"timestamp", "DateTime"},
               {"user_agent", "String"},
               {"ip_address", "String"},
               {"referrer", "String"},
               {"original_url", "String"}},
              {"short_code", "timestamp", "original_url"});
}

std::string row_of(RowEncoder& encoder, std::string_view body) {
  RowBuffer rows;
  const auto rejection = encoder.encode(body, rows);
  CAPTURE(body, rejection ? rejection->error : "");
  REQUIRE(!rejection);
  return std::string(rows.view());
}

// Checks on the way that the rows before stay as they were.
Rejection rejection_of(RowEncoder& encoder, std::string_view body) {
  RowBuffer rows;
  rows.append("rows before");
  const auto rejection = encoder.encode(body, rows);
  CAPTURE(body);
  REQUIRE(rejection);
  CHECK(rows.view() == "rows before");
  return *rejection;
}

std::string field(std::string_view text) {
  return std::string(1, static_cast<char>(text.size())) + std::string(text);
}

}  // namespace

TEST_CASE("a click event becomes a row in the table's order") {
  RowEncoder encoder = make_click_events();
  const std::string row = row_of(encoder, R"({"short_code": "aB3", "original_url": "https://x.org/",
      "timestamp": "2025-12-19T10:20:30.123456Z", "user_agent": "gr\u00fc\ud83d\ude00",
      "ip_address": "203.0.113.195", "referrer": ""})");
  CHECK(row == field("aB3") + "\xee\x26\x45\x69" + field("grü😀") + field("203.0.113.195") +
                   std::string(1, '\0') + field("https://x.org/"));
}

TEST_CASE("rows follow one another") {
  RowEncoder encoder = make({{"a", "String"}, {"b", "UInt8"}});
  RowBuffer rows;
  CHECK(!encoder.encode(R"({"a":"x","b":1})", rows));
  CHECK(encoder.encode(R"({"a":"y","b":256})", rows));
  CHECK(!encoder.encode(R"({"b":3,"a":"z"})", rows));
  CHECK(rows.view() == "\1x\1\1z\3");
}

TEST_CASE("each event of a body becomes a row, or none does") {
  RowEncoder encoder = make({{"a", "String"}, {"b", "UInt8"}}, {"a"});
  CHECK(row_of(encoder, R"([{"a":"x","b":1},{"b":3,"a":"z"}])") == "\1x\1\1z\3");
  REQUIRE(encoder.groups().size() == 1);
  CHECK(encoder.groups().front().rows == 2);
  CHECK(encoder.groups().front().bytes == 6);
  CHECK(row_of(encoder, R"({"a":"x","b":1} {"a":"z","b":3})") == "\1x\1\1z\3");

  const Rejection bad = rejection_of(encoder, R"([{"a":"x"},{"a":"y","b":256},{"a":"z"}])");
  CHECK(bad.reason == Reason::kOutOfRange);
  CHECK(bad.column == "b");
  CHECK(bad.event == 1);
  CHECK(bad.error == "b: 256 is out of the range of UInt8 (event 1, counted from 0)");
  CHECK(rejection_of(encoder, R"({"a":"x"}{"x":1})").reason == Reason::kNoKnownKey);
  CHECK(rejection_of(encoder, R"({"b":1}{"a":"x"})").event == 0);
  CHECK(rejection_of(encoder, R"([{"a":"x"},7])").event == 1);
  // One alone is not counted.
  CHECK_FALSE(rejection_of(encoder, R"({"b":1})").event);
  CHECK(rejection_of(encoder, R"([{"b":1}])").error == "a: the required String is absent");
  CHECK_FALSE(rejection_of(encoder, "[]").event);
}

TEST_CASE("a body has so many events at most") {
  RowEncoder encoder = make({{"a", "UInt8"}});
  std::string body;
  for (std::size_t i = 0; i < RowEncoder::kMostEvents; ++i) body += "{\"a\":1}";
  CHECK(row_of(encoder, body).size() == RowEncoder::kMostEvents);
  const Rejection rejection = rejection_of(encoder, body + R"({"a":1})");
  CHECK(rejection.reason == Reason::kTooManyEvents);
  CHECK(rejection.error == "more than 1000000 events");
  CHECK_FALSE(rejection.event);
}

TEST_CASE("a row that goes beyond the limit is given up at the value that does so") {
  RowEncoder encoder = make({{"first", "FixedString(10)"},
                             {"grows", "Array(Array(FixedString(1000)))"},
                             {"last", "FixedString(10)"}});
  std::string nulls = "[null";
  for (int i = 0; i < 10'000; ++i) nulls += ",null";
  nulls += "]";
  RowBuffer rows;
  rows.append("before");
  rows.set_limit(6 + 1021);
  for (const auto& [body, column] :
       {std::pair(R"({"grows":[)" + nulls + "," + nulls + "]}", "grows"),
        std::pair(std::string(R"({"grows":[[null]],"first":"1","last":"2"})"), "last"),
        std::pair(std::string(R"({"grows":[[null],[null]]})"), "grows")}) {
    const auto rejection = encoder.encode(body, rows);
    REQUIRE(rejection);
    CHECK(rejection->reason == Reason::kTooLarge);
    CHECK(rejection->column == column);
    CHECK(rejection->error ==
          rejection->column + ": with it the rows of the message are larger than --batch-bytes");
    CHECK(rows.view() == "before");
  }
  CHECK(rows.capacity() < 5000);
  rows.set_limit(6 + 1022);
  REQUIRE(!encoder.encode(R"({"grows":[[null]]})", rows));
  CHECK(rows.size() == 6 + 10 + 2 + 1000 + 10);
}

TEST_CASE("absent and null are empty, or NULL in a Nullable") {
  RowEncoder encoder = make({{"s", "String"},
                             {"n", "Nullable(String)"},
                             {"d", "DateTime"},
                             {"l", "LowCardinality(Nullable(String))"},
                             {"i", "Nullable(Int16)"},
                             {"u", "UInt16"}});
  const std::string empty("\0\1\0\0\0\0\1\1\0\0", 10);
  CHECK(row_of(encoder, R"({"s":null})") == empty);
  CHECK(row_of(encoder, R"({"s":null,"n":null,"d":null,"l":null,"i":null,"u":null})") == empty);
  CHECK(row_of(encoder, R"({"s":"s","n":"n","d":1,"l":"","i":-1,"u":5})") ==
        std::string("\1s\0\1n\1\0\0\0\0\0\0\xff\xff\5\0", 16));
}

TEST_CASE("an event none of whose keys is a column is rejected, whatever is required") {
  RowEncoder encoder = make({{"s", "String"}}, {"s"});
  for (const char* body : {"{}", R"({"x":1,"y":{"s":"a"}})"})
    CHECK(rejection_of(encoder, body).reason == Reason::kNoKnownKey);
  CHECK(row_of(encoder, R"({"S":"a","x":1})") == "\1a");
  CHECK(encoder.unknown_keys().take_count() == 3);
  CHECK(encoder.unknown_keys().take_count() == 0);
  CHECK(encoder.unknown_keys().take_new_names() == std::vector<std::string>{"x", "y"});
  CHECK(encoder.unknown_keys().take_new_names().empty());
}

TEST_CASE("a required field must be there, and not null") {
  RowEncoder encoder = make({{"s", "String"}, {"n", "Nullable(Int8)"}}, {"s", "n"});
  CHECK(row_of(encoder, R"({"s":"","n":0})") == std::string("\0\0\0", 3));

  const Rejection absent = rejection_of(encoder, R"({"n":0})");
  CHECK(absent.reason == Reason::kMissingField);
  CHECK(absent.column == "s");
  CHECK(absent.error == "s: the required String is absent");
  const Rejection null = rejection_of(encoder, R"({"s":"","n":null})");
  CHECK(null.reason == Reason::kMissingField);
  CHECK(null.column == "n");
  CHECK(null.error == "n: the required Nullable(Int8) is null");
  CHECK(rejection_of(encoder, R"({"s":"x","n":1,"s":null})").reason == Reason::kMissingField);
}

TEST_CASE("a value that does not fit is shown with its field and type") {
  RowEncoder encoder = make({{"s", "String"}, {"t", "DateTime"}, {"i", "Int8"}, {"u", "UInt8"}});
  const Rejection bad = rejection_of(encoder, R"({"s":"x","t":"yesterday"})");
  CHECK(bad.reason == Reason::kBadValue);
  CHECK(bad.column == "t");
  CHECK(bad.error == "t: \"yesterday\" is not a DateTime");
  const Rejection range = rejection_of(encoder, R"({"t":"2300-01-01"})");
  CHECK(range.reason == Reason::kOutOfRange);
  CHECK(range.error == "t: \"2300-01-01\" is out of the range of DateTime");
  CHECK(rejection_of(encoder, R"({"i":1.5})").error == "i: 1.5 is not an Int8");
  CHECK(rejection_of(encoder, R"({"u":-1})").error == "u: -1 is out of the range of UInt8");
  CHECK(rejection_of(encoder, R"({"t":true})").error == "t: true is not a DateTime");
  CHECK(rejection_of(encoder, R"({"u":{"k": [1]}})").error == "u: {\"k\": [1]} is not a UInt8");
  CHECK(rejection_of(encoder, R"({"t":"\u0000\n"})").error ==
        "t: \"\\u0000\\u000a\" is not a DateTime");
  CHECK(rejection_of(encoder, "{\"t\":\"" + std::string(100, 'x') + "\"}").error ==
        "t: \"" + std::string(64, 'x') + "…\" is not a DateTime");
}

TEST_CASE("a body that is no event names no column") {
  RowEncoder encoder = make_click_events();
  for (const auto& [body, reason] : std::vector<std::pair<std::string, Reason>>{
           {"", Reason::kNotJson},
           {"{\"short_code\":", Reason::kNotJson},
           {"[]", Reason::kNoEvents},
           {"7", Reason::kNotAnObject},
           {"{\"x\":\"\xff\"}", Reason::kInvalidUtf8},
           {"{\"x\":" + std::string(64, '['), Reason::kTooDeep}}) {
    const Rejection rejection = rejection_of(encoder, body);
    CHECK(rejection.reason == reason);
    CHECK(rejection.column.empty());
    CHECK(!rejection.error.empty());
  }
}

TEST_CASE("the order of keys may change from event to event") {
  RowEncoder encoder = make({{"a", "UInt8"}, {"b", "UInt8"}, {"c", "UInt8"}});
  for (int round = 0; round < 3; ++round) {
    CHECK(row_of(encoder, R"({"a":1,"b":2,"c":3})") == "\1\2\3");
    CHECK(row_of(encoder, R"({"c":3,"a":1,"b":2})") == "\1\2\3");
    CHECK(row_of(encoder, R"({"x":9,"c":3,"y":[9],"b":2,"a":9,"a":1})") == "\1\2\3");
  }
}

TEST_CASE("large strings are stored whole") {
  RowEncoder encoder = make({{"s", "String"}});
  const std::string text(70000, 'x');
  CHECK(row_of(encoder, "{\"s\":\"" + text + "\"}") == "\xf0\xa2\x04" + text);
  CHECK(row_of(encoder, R"({"s":"small"})") == field("small"));
}

TEST_CASE("when the event happened is that of the first column that is a point in time") {
  RowBuffer rows;
  RowEncoder seconds = make({{"day", "Date"}, {"at", "DateTime"}, {"later", "DateTime"}});
  CHECK_FALSE(seconds.event_time());
  REQUIRE(!seconds.encode(R"({"later":5,"day":"2020-01-02","at":1700000000})", rows));
  CHECK(seconds.event_time() == 1'700'000'000.0);
  REQUIRE(!seconds.encode(R"({"later":5})", rows));
  CHECK_FALSE(seconds.event_time());

  RowEncoder ticks = make({{"name", "String"}, {"at", "Nullable(DateTime64(3))"}});
  REQUIRE(!ticks.encode(R"({"name":"x","at":"2023-11-14T22:13:20.250Z"})", rows));
  CHECK(ticks.event_time() == 1'700'000'000.25);
}

TEST_CASE("an encoder can be moved") {
  RowEncoder first = make({{"a", "String"}, {"b", "String"}}, {"a"});
  CHECK(row_of(first, R"({"a":"x","b":"y"})") == "\1x\1y");
  RowEncoder second = std::move(first);
  CHECK(row_of(second, R"({"b":"y","a":"x"})") == "\1x\1y");
  RowEncoder third = make({{"z", "UInt8"}});
  third = std::move(second);
  CHECK(rejection_of(third, R"({"b":"y"})").column == "a");
}

TEST_CASE("a configuration that fits no table is refused by name") {
  const auto create = [](const std::vector<std::string>& names,
                         const std::vector<std::string>& required) {
    std::vector<Column> columns;
    for (const std::string& name : names) columns.push_back({name, *parse_column_type("String")});
    const auto encoder = RowEncoder::create(std::move(columns), required);
    REQUIRE(!encoder.ok());
    CHECK(encoder.error().kind == ErrorKind::kConfiguration);
    return encoder.error().message;
  };
  CHECK(create({"a", "b"}, {"a", "c"}) ==
        "the required c is no column of the table; see --required");
  CHECK(create({"a", "b", "a"}, {}) == "the column a comes twice");
  CHECK(create({}, {}) == "the table has no columns to write");
}
