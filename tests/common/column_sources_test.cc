#include "common/column_sources.h"

#include "common/resolve_options.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

ColumnSource source_of(const std::string& text) {
  ColumnSources sources;
  const auto wrong = parse_column_sources("c=" + text, sources);
  INFO(wrong.value_or(""));
  REQUIRE(sources.size() == 1);
  CHECK(sources.front().first == "c");
  return sources.front().second;
}

std::string refusal_of(const std::string& text) {
  ColumnSources sources;
  return parse_column_sources(text, sources).value_or("none");
}

std::string said_by_start(const std::string& columns) {
  const auto resolved = resolve_options({{"EVENT_CONSUMER_COLUMNS", columns}}, {}, {});
  if (resolved.ok()) return "nothing";
  CHECK(resolved.error().kind == ErrorKind::kUsage);
  return resolved.error().message;
}

}  // namespace

TEST_CASE("column sources: paths into the event, by keys and indexes", "[column_sources]") {
  using Path = std::vector<std::string>;
  CHECK(source_of("id").path == Path{"id"});
  CHECK(source_of("user.id").path == Path{"user", "id"});
  CHECK(source_of("a.0.b").path == Path{"a", "0", "b"});
  CHECK(source_of("a=b").path == Path{"a=b"});
  CHECK(source_of("@key.http.status").path == Path{"http.status"});
  CHECK(source_of("@key.@timestamp").path == Path{"@timestamp"});
  CHECK_FALSE(source_of("user.id").field);
}

TEST_CASE("column sources: what there is of a message has a word, which the column's name is, too",
          "[column_sources]") {
  CHECK(source_of("@body").field == MessageField::kBody);
  CHECK(source_of("@raw_message").field == MessageField::kBody);
  CHECK(source_of("@exchange").field == MessageField::kExchange);
  CHECK(source_of("@exchange_name").field == MessageField::kExchange);
  CHECK(source_of("@type").field == MessageField::kType);
  CHECK(source_of("@headers").field == MessageField::kHeaders);
  const ColumnSource header = source_of("@header.x-opt.tenant");
  CHECK(header.field == MessageField::kHeader);
  CHECK(header.header == "x-opt.tenant");
}

TEST_CASE("column sources: the columns that a message fills by their names", "[column_sources]") {
  for (const char* name :
       {"_raw_message",    "_exchange_name", "_routing_key",  "_message_id",  "_timestamp",
        "_redelivered",    "_headers",       "_content_type", "_type",        "_app_id",
        "_correlation_id", "_reply_to",      "_priority",     "_user_id",     "_delivery_count",
        "_delivery_tag",   "_queue",         "_received_at",  "_event_index", "_unmatched"}) {
    INFO(name);
    const auto field = field_of_column(name);
    REQUIRE(field);
    CHECK(source_of("@" + std::string(name).substr(1)).field == field);
  }
  for (const char* name : {"", "_", "_body", "routing_key", "_header", "_Routing_Key"})
    CHECK_FALSE(field_of_column(name));
}

TEST_CASE("column sources: several, in their order", "[column_sources]") {
  ColumnSources sources;
  CHECK_FALSE(parse_column_sources("a=x.y, b=@type,c=a", sources));
  REQUIRE(sources.size() == 3);
  CHECK(describe(sources[0].second) == "path x.y");
  CHECK(describe(sources[1].second) == "the property type");
  CHECK(describe(sources[2].second) == "key a");
  CHECK_FALSE(parse_column_sources("", sources));
  CHECK(sources.empty());
}

TEST_CASE("column sources: what is none is refused", "[column_sources]") {
  for (const char* text : {"a", "=b", "a=", "a=b,c"})
    CHECK(refusal_of(text) == "expected NAME=SOURCE, several separated by commas");
  for (const char* path : {"a..b", ".a", "a."})
    CHECK(refusal_of(std::string("c=") + path) ==
          "'" + std::string(path) +
              "' is no path, as user.id is; a key with dots in its name is written @key.NAME");
  CHECK(refusal_of("c=@header") == "@header is nothing that a message has: did you mean @headers?");
  CHECK(refusal_of("c=@nonsense.x")
            .find("@nonsense.x is nothing that a message has; there are "
                  "@header.NAME, @body, @unmatched,") == 0);
}

TEST_CASE("slip: --column key=@rotuing_key", "[column_sources]") {
  CHECK(said_by_start("key=@rotuing_key") ==
        "--column: 'key=@rotuing_key': @rotuing_key is nothing that a message has: did you mean "
        "@routing_key?");
}

TEST_CASE("slip: --column id=a --column id=b", "[column_sources]") {
  CHECK(said_by_start("id=a,id=b") == "--column: 'id=a,id=b': column id is given twice");
}

}  // namespace event_consumer
