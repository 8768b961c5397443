// Columns that are filled from elsewhere than the key of their name.
#include <map>
#include <utility>

#include "tests/support/catch.h"
#include "tests/worker/encode/writing.h"
#include "worker/encode/row_encoder.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;
using Columns = std::vector<std::pair<const char*, const char*>>;

// Has what the test gives it.
class GivenValues final : public MessageValues {
 public:
  JsonValue value(MessageField field, std::string_view header) override {
    if (field == MessageField::kHeader) {
      const auto found = headers.find(std::string(header));
      return found == headers.end() ? JsonValue() : found->second;
    }
    const auto found = fields.find(field);
    return found == fields.end() ? JsonValue() : found->second;
  }

  std::map<MessageField, JsonValue> fields;
  std::map<std::string, JsonValue> headers;
};

Result<RowEncoder> try_make(const Columns& columns, const std::string& given = "",
                            RowFormat format = RowFormat::kRowBinary,
                            const std::vector<std::string>& required = {}) {
  std::vector<Column> typed;
  for (const auto& [name, type] : columns) typed.push_back({name, *parse_column_type(type)});
  ColumnSources sources;
  REQUIRE_FALSE(parse_column_sources(given, sources));
  return RowEncoder::create(std::move(typed), required, format, sources);
}

RowEncoder make(const Columns& columns, const std::string& given = "",
                const std::vector<std::string>& required = {}) {
  auto encoder = try_make(columns, given, RowFormat::kRowBinary, required);
  REQUIRE(encoder.ok());
  return std::move(*encoder);
}

std::string row_of(RowEncoder& encoder, std::string_view body, MessageValues& message) {
  RowBuffer rows;
  const auto rejection = encoder.encode(body, message, rows);
  CAPTURE(body, rejection ? rejection->error : "");
  REQUIRE(!rejection);
  return std::string(rows.view());
}

std::string row_of(RowEncoder& encoder, std::string_view body) {
  NoMessageValues none;
  return row_of(encoder, body, none);
}

// The row of one column of this type that takes `value` of the message.
std::string column_of(const char* type, const char* source, MessageField field, JsonValue value) {
  RowEncoder encoder = make({{"id", "UInt8"}, {"c", type}}, std::string("c=") + source);
  GivenValues message;
  message.fields[field] = value;
  const std::string row = row_of(encoder, R"({"id": 1})", message);
  REQUIRE(row.substr(0, 1) == "\1");
  return row.substr(1);
}

Reason reason_of(RowEncoder& encoder, std::string_view body, MessageValues& message) {
  RowBuffer rows;
  const auto rejection = encoder.encode(body, message, rows);
  REQUIRE(rejection);
  CHECK(rows.size() == 0);
  return rejection->reason;
}

std::string text(std::string_view text) {
  return std::string(1, static_cast<char>(text.size())) + std::string(text);
}

const std::string kZero(1, '\0');

}  // namespace

TEST_CASE("values of a message are taken by every type that takes such of an event",
          "[row_encoder]") {
  using testing::i64;
  using testing::u32;
  const JsonValue word{Kind::kString, "abc"};
  for (const char* type : {"String", "LowCardinality(String)"})
    CHECK(column_of(type, "@type", MessageField::kType, word) == text("abc"));
  for (const char* type : {"Nullable(String)", "LowCardinality(Nullable(String))"})
    CHECK(column_of(type, "@type", MessageField::kType, word) == kZero + text("abc"));
  CHECK(column_of("FixedString(4)", "@type", MessageField::kType, word) == "abc" + kZero);
  CHECK(column_of("Enum8('x' = 1, 'abc' = 2)", "@type", MessageField::kType, word) == "\2");
  CHECK(column_of("UInt32", "@user_id", MessageField::kUserId, {Kind::kString, "7"}) == u32(7));

  const JsonValue time{Kind::kString, "2025-12-19T10:20:30.123Z"};
  CHECK(column_of("DateTime", "@received_at", MessageField::kReceivedAt, time) == u32(1766139630));
  CHECK(column_of("DateTime64(3)", "@received_at", MessageField::kReceivedAt, time) ==
        i64(1766139630123));
  const JsonValue seconds{Kind::kNumber, "1766139630"};
  CHECK(column_of("DateTime", "@timestamp", MessageField::kTimestamp, seconds) == u32(1766139630));
  CHECK(column_of("UInt64", "@timestamp", MessageField::kTimestamp, seconds) == i64(1766139630));
  CHECK(column_of("String", "@timestamp", MessageField::kTimestamp, seconds) == text("1766139630"));

  const JsonValue flag{Kind::kBool, "true"};
  for (const char* type : {"UInt8", "Bool"})
    CHECK(column_of(type, "@redelivered", MessageField::kRedelivered, flag) == "\1");

  const JsonValue headers{Kind::kCompound, R"({"a":"x","n":7,"t":{"u":1}})"};
  CHECK(column_of("Map(String, String)", "@headers", MessageField::kHeaders, headers) ==
        "\3" + text("a") + text("x") + text("n") + text("7") + text("t") + text("{\"u\":1}"));
  for (const char* type : {"String", "JSON"})
    CHECK(column_of(type, "@headers", MessageField::kHeaders, headers) == text(headers.text));
}

TEST_CASE("what a message has not is left as an absent key is", "[row_encoder]") {
  GivenValues message;
  RowEncoder plain =
      make({{"id", "UInt8"}, {"a", "Nullable(String)"}, {"b", "UInt8"}}, "a=@type,b=@header.x");
  CHECK(row_of(plain, R"({"id": 1})", message) == "\1\1" + kZero);
  message.headers["x"] = {Kind::kNull, ""};
  CHECK(row_of(plain, R"({"id": 1})", message) == "\1\1" + kZero);
  RowEncoder required = make({{"id", "UInt8"}, {"a", "String"}}, "a=@type", {"a"});
  CHECK(reason_of(required, R"({"id": 1})", message) == Reason::kMissingField);
}

TEST_CASE("a source that a message has not leaves its column to the DEFAULT", "[row_encoder]") {
  ColumnSources sources;
  REQUIRE_FALSE(parse_column_sources("a=@type,b=u.x", sources));
  const auto make_with_defaults = [&](RowFormat format) {
    auto encoder = RowEncoder::create({{"id", *parse_column_type("UInt8")},
                                       {"a", *parse_column_type("String"), true},
                                       {"b", *parse_column_type("String"), true}},
                                      {}, format, sources);
    REQUIRE(encoder.ok());
    return std::move(*encoder);
  };
  GivenValues message;
  RowEncoder marked = make_with_defaults(RowFormat::kRowBinaryWithDefaults);
  CHECK(row_of(marked, R"({"id": 1})", message) == kZero + "\1\1\1");
  RowEncoder left_out = make_with_defaults(RowFormat::kRowBinary);
  CHECK(row_of(left_out, R"({"id": 1})", message) == "\1");
  CHECK(left_out.groups().front().columns == std::vector<bool>{true, false, false});
  message.fields[MessageField::kType] = {Kind::kString, "t"};
  CHECK(row_of(left_out, R"({"id": 1, "u": {"x": 2}})", message) == "\1" + text("t") + text("2"));
  CHECK(left_out.groups().front().columns == std::vector<bool>{true, true, true});
}

TEST_CASE("a key of the event counts before what its name takes of the message", "[row_encoder]") {
  RowEncoder encoder = make({{"id", "UInt8"}, {"_type", "Nullable(String)"}});
  GivenValues message;
  message.fields[MessageField::kType] = {Kind::kString, "m"};
  CHECK(row_of(encoder, R"({"id": 1})", message) == "\1" + kZero + text("m"));
  CHECK(row_of(encoder, R"({"id": 1, "_type": "e"})", message) == "\1" + kZero + text("e"));
  CHECK(row_of(encoder, R"({"id": 1, "_type": null})", message) == "\1\1");
}

TEST_CASE("a column that an option gives a source has no key of its name", "[row_encoder]") {
  RowEncoder encoder = make({{"a", "String"}, {"b", "String"}, {"c", "String"}}, "a=b,b=a,c=b");
  CHECK(row_of(encoder, R"({"a": "1", "b": "2", "c": "3"})") == text("2") + text("1") + text("2"));
  CHECK(encoder.unknown_keys().take_new_names() == std::vector<std::string>{"c"});
}

TEST_CASE("a key that is two columns' is of the event alone for the one that asks for it",
          "[row_encoder]") {
  RowEncoder encoder = make({{"_type", "String"}, {"t", "String"}}, "t=_type");
  GivenValues message;
  message.fields[MessageField::kType] = {Kind::kString, "m"};
  CHECK(row_of(encoder, R"({"_type": "e"})", message) == text("e") + text("e"));
  CHECK(row_of(encoder, R"({"_type": null, "x": 1})", message) == kZero + kZero);
  RowEncoder with_id = make({{"id", "UInt8"}, {"_type", "String"}, {"t", "String"}}, "t=_type");
  CHECK(row_of(with_id, R"({"id": 1})", message) == "\1" + text("m") + kZero);
}

TEST_CASE("paths fill columns beside the key that they lead through", "[row_encoder]") {
  RowEncoder encoder =
      make({{"id", "UInt8"}, {"user", "String"}, {"n", "UInt8"}}, "id=user.id,n=items.1.n");
  CHECK(row_of(encoder, R"({"items": [{"n": 1}, {"n": 2}], "user": {"id": 7}})") ==
        "\7" + text(R"({"id": 7})") + "\2");
  CHECK(encoder.unknown_keys().take_count() == 0);
  CHECK(row_of(encoder, R"({"user": "x"})") == kZero + text("x") + kZero);
}

TEST_CASE("the keys that no column takes are an object for who asks, and no unknown ones",
          "[row_encoder]") {
  RowEncoder encoder = make({{"id", "UInt8"}, {"_unmatched", "String"}});
  CHECK(row_of(encoder,
               R"({"x": 1.50, "id": 1, "y": {"a": [1, "}"]}, "z": "\u00e9\n", "n": null})") ==
        "\1" + text("{\"x\":1.50,\"y\":{\"a\": [1, \"}\"]},\"z\":\"\xC3\xA9\\u000a\",\"n\":null}"));
  CHECK(row_of(encoder, R"({"id": 1})") == "\1" + text("{}"));
  CHECK(row_of(encoder, R"({"x": 1, "x": 2})") == kZero + text(R"({"x":2})"));
  // A second key of the same column, which differs in case, is that column's.
  CHECK(row_of(encoder, R"({"id": 1, "ID": {"a": 2}, "x": 3, "Id": 4})") ==
        "\1" + text(R"({"x":3})"));
  CHECK(encoder.unknown_keys().take_count() == 0);
  RowEncoder map = make({{"u", "Map(String, String)"}, {"a", "UInt8"}}, "u=@unmatched,a=k.a");
  CHECK(row_of(map, R"({"x": 1, "k": {"a": 3, "b": 4}})") == "\1" + text("x") + text("1") + "\3");
}

TEST_CASE("the place of an event in its message is a column's value", "[row_encoder]") {
  RowEncoder encoder = make({{"id", "UInt8"}, {"_event_index", "UInt16"}});
  CHECK(row_of(encoder, R"({"id": 1})") == "\1" + testing::u16(0));
  CHECK(row_of(encoder, R"([{"id": 1}, {"id": 2}])") ==
        "\1" + testing::u16(0) + "\2" + testing::u16(1));
}

TEST_CASE("a table with the body alone takes any bytes", "[row_encoder]") {
  RowEncoder encoder = make({{"_raw_message", "String"}, {"_type", "String"}});
  GivenValues message;
  message.fields[MessageField::kType] = {Kind::kString, "t"};
  const std::string binary("\xff\0{\"", 4);
  for (const std::string& body :
       {std::string(), std::string("no JSON"), binary, std::string(R"({"_type": "of the event"})")})
    CHECK(row_of(encoder, body, message) == text(body) + text("t"));
}

TEST_CASE("a body beside columns of keys must be an event, and is stored as it came",
          "[row_encoder]") {
  RowEncoder encoder = make({{"id", "UInt8"}, {"_raw_message", "String"}});
  const std::string body = " {\"id\" : 1, \"x\": \"\\u0041\"} \n";
  CHECK(row_of(encoder, body) == "\1" + text(body));
  const std::string two = R"({"id":1}{"id":2})";
  CHECK(row_of(encoder, two) == "\1" + text(two) + "\2" + text(two));
  NoMessageValues none;
  CHECK(reason_of(encoder, "no JSON", none) == Reason::kNotJson);
}

TEST_CASE("a column of objects takes the body as one", "[row_encoder]") {
  RowEncoder encoder = make({{"doc", "JSON"}, {"m", "Map(String, UInt8)"}}, "doc=@body,m=@body");
  CHECK(row_of(encoder, "\n{\"a\": 1} ") == text("{\"a\": 1}") + "\1" + text("a") + "\1");
  NoMessageValues none;
  CHECK(row_of(encoder, R"([{"a": 1}, {"a":2}])") ==
        text("{\"a\": 1}") + "\1" + text("a") + "\1" + text("{\"a\":2}") + "\1" + text("a") + "\2");
  CHECK(reason_of(encoder, "[1]", none) == Reason::kNotAnObject);
  CHECK(reason_of(encoder, "\xff", none) == Reason::kInvalidUtf8);
}

TEST_CASE("an event fits by a key or a given source that it has; body and unmatched keys take any",
          "[row_encoder]") {
  constexpr const char* kForeign = R"({"x": 1})";
  GivenValues message;
  message.fields[MessageField::kType] = {Kind::kString, "t"};
  RowEncoder by_name = make({{"id", "UInt8"}, {"_type", "String"}});
  CHECK(reason_of(by_name, kForeign, message) == Reason::kNoKnownKey);
  RowEncoder given = make({{"id", "UInt8"}, {"kind", "String"}}, "kind=@type");
  CHECK(row_of(given, kForeign, message) == kZero + text("t"));
  RowEncoder header = make({{"id", "UInt8"}, {"t", "String"}}, "t=@header.tenant");
  CHECK(reason_of(header, kForeign, message) == Reason::kNoKnownKey);
  RowEncoder path = make({{"id", "UInt8"}, {"t", "UInt8"}}, "t=u.t");
  CHECK(row_of(path, R"({"u": {"t": 1}})") == kZero + "\1");
  RowEncoder body = make({{"id", "UInt8"}, {"_raw_message", "String"}});
  CHECK(row_of(body, kForeign) == kZero + text(kForeign));
  RowEncoder unmatched = make({{"id", "UInt8"}, {"_unmatched", "String"}});
  CHECK(row_of(unmatched, kForeign) == kZero + text(R"({"x":1})"));
}

TEST_CASE("the time of the delivery is not that of the event", "[row_encoder]") {
  RowEncoder encoder = make({{"_received_at", "DateTime"}, {"at", "DateTime"}});
  GivenValues message;
  message.fields[MessageField::kReceivedAt] = {Kind::kString, "2025-12-19T10:20:30Z"};
  row_of(encoder, R"({"at": 1000})", message);
  CHECK(encoder.event_time() == 1000);
}

TEST_CASE("a value of a message that does not fit is quoted in valid UTF-8", "[row_encoder]") {
  RowEncoder encoder = make({{"id", "UInt8"}, {"n", "UInt8"}}, "n=@type");
  GivenValues message;
  message.fields[MessageField::kType] = {Kind::kString, "\xff\xc2"};
  RowBuffer rows;
  const auto rejection = encoder.encode(R"({"id": 1})", message, rows);
  REQUIRE(rejection);
  CHECK(rejection->reason == Reason::kBadValue);
  CHECK(rejection->column == "n");
  CHECK(rejection->error == "n: \"\\xff\\xc2\" is not a UInt8");
}

}  // namespace event_consumer
