#include "worker/commands/check_sample.h"

#include <sstream>

#include "common/resolve_options.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using Messages = std::vector<std::string_view>;

struct Tried {
  std::string said;
  ExitCode exit_code;
};

Tried try_sample(const std::vector<Column>& columns, const Settings& flags,
                 std::string_view sample) {
  const auto resolved = resolve_options(flags, {}, {});
  REQUIRE(resolved.ok());
  std::ostringstream out;
  Report report(out);
  check_sample(resolved.value().options, columns, sample, report);
  return {out.str(), report.exit_code()};
}

Column column(const char* name, const char* type, bool has_default = false) {
  return {name, *parse_column_type(type), has_default};
}

}  // namespace

TEST_CASE("sample: one message a line, or one event over several", "[check_sample]") {
  CHECK(sample_messages("").empty());
  CHECK(sample_messages("\n \r\n").empty());
  CHECK(sample_messages("{\"a\":1}\n\n{\"a\":2}\r\nrubbish") ==
        Messages{"{\"a\":1}", "{\"a\":2}", "rubbish"});
  CHECK(sample_messages("{\n \"a\": 1\n}\n") == Messages{"{\n \"a\": 1\n}\n"});
  CHECK(sample_messages("[\n{\"a\":1},\n{}]") == Messages{"[\n{\"a\":1},\n{}]"});
  CHECK(sample_messages("{\n \"a\": 1\n") == Messages{"{", " \"a\": 1"});
  CHECK(sample_messages("{\"\xff\":1}\n{}") == Messages{"{\"\xff\":1}", "{}"});
}

TEST_CASE("sample: each column has a value, and where it comes from", "[check_sample]") {
  const Tried tried = try_sample(
      {column("id", "UInt32"), column("user_id", "UInt64"), column("note", "Nullable(String)"),
       column("level", "UInt8", true), column("plain", "UInt8"), column("tenant", "String"),
       column("_type", "String"), column("_event_index", "UInt8")},
      {{"EVENT_CONSUMER_COLUMNS", "user_id=user.id,tenant=@header.x-tenant"},
       {"EVENT_CONSUMER_REQUIRED", "id,tenant"}},
      R"({"id": 1, "user": {"id": 7}, "note": null, "_type": "a\nb", "x": 1})");
  CHECK(tried.said ==
        "✓ message 1: would be a row\n"
        "  id UInt32: 1, from key id\n"
        "  user_id UInt64: 7, from path user.id\n"
        "  note Nullable(String): NULL, since key note is null\n"
        "  level UInt8: DEFAULT, since key level is absent\n"
        "  plain UInt8: empty, since key plain is absent\n"
        "  tenant String: from header x-tenant, which a sample has not\n"
        "  _type String: \"a\\u000ab\", from key _type\n"
        "  _event_index UInt8: 0, from the event's place in its message\n"
        "  no column takes x\n");
  CHECK(tried.exit_code == ExitCode::kOk);
}

TEST_CASE("sample: each event of a message becomes a row", "[check_sample]") {
  const Tried tried = try_sample({column("id", "UInt32"), column("_event_index", "UInt8")}, {},
                                 R"([{"id": 1}, {"id": 2, "_event_index": 7}])");
  CHECK(tried.said ==
        "✓ message 1: would be 2 rows\n"
        "  event 0, counted from 0:\n"
        "  id UInt32: 1, from key id\n"
        "  _event_index UInt8: 0, from the event's place in its message\n"
        "  event 1, counted from 0:\n"
        "  id UInt32: 2, from key id\n"
        "  _event_index UInt8: 7, from key _event_index\n");
}

TEST_CASE("sample: what is rejected is said with the reason, and ends with 65", "[check_sample]") {
  const Tried tried =
      try_sample({column("id", "UInt8")}, {{"EVENT_CONSUMER_BATCH_BYTES", "1KiB"}},
                 "{\"id\": 1}\n{\"id\": \"x\"}\n{}\n" + std::string(1025, ' ') + "1");
  CHECK(tried.said ==
        "✓ message 1: would be a row\n"
        "  id UInt8: 1, from key id\n"
        "✗ message 2: rejected as bad_value: id: \"x\" is not a UInt8\n"
        "✗ message 3: rejected as no_known_key: none of the event's keys is a column of the "
        "table\n"
        "✗ message 4: rejected as too_large: it is larger than --batch-bytes\n");
  CHECK(tried.exit_code == ExitCode::kData);
  CHECK(to_int(ExitCode::kData) == 65);
}

TEST_CASE("sample: any line into a table of the body alone", "[check_sample]") {
  const Tried tried =
      try_sample({column("_raw_message", "String"), column("_type", "String")}, {}, "rub\xff");
  CHECK(tried.said ==
        "✓ message 1: would be a row\n"
        "  _raw_message String: \"rub\xEF\xBF\xBD\", from the body\n"
        "  _type String: from the property type, which a sample has not\n");
}

TEST_CASE("sample: nothing to try, or nothing to try it on", "[check_sample]") {
  CHECK(try_sample({column("id", "UInt8")}, {}, "\n").said == "! the sample has no message\n");
  CHECK(try_sample({}, {}, "{}").said ==
        "! the sample is not tried: there is no table to look at\n");
}

}  // namespace event_consumer
