#include "worker/encode/column_origin.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using Typed = std::vector<std::pair<const char*, const char*>>;

std::vector<Column> columns_of(const Typed& typed) {
  std::vector<Column> columns;
  for (const auto& [name, type] : typed) columns.push_back({name, *parse_column_type(type)});
  return columns;
}

Result<std::vector<ColumnOrigin>> origins_of(const Typed& typed, const std::string& given) {
  ColumnSources sources;
  REQUIRE_FALSE(parse_column_sources(given, sources));
  return column_origins(columns_of(typed), sources);
}

std::vector<std::string> described(const Typed& typed, const std::string& given = "") {
  auto origins = origins_of(typed, given);
  REQUIRE(origins.ok());
  std::vector<std::string> all;
  for (const ColumnOrigin& origin : *origins)
    all.push_back(describe(origin, takes_any_body(*origins)));
  return all;
}

std::string refusal_of(const Typed& typed, const std::string& given) {
  const auto origins = origins_of(typed, given);
  REQUIRE_FALSE(origins.ok());
  CHECK(origins.error().kind == ErrorKind::kConfiguration);
  return origins.error().message;
}

using All = std::vector<std::string>;

}  // namespace

TEST_CASE("a column takes its key, what its name says, or what an option says", "[column_origin]") {
  CHECK(described({{"id", "UInt64"}, {"_routing_key", "String"}, {"user", "String"}},
                  "user=user.name") ==
        All{"key id", "key _routing_key, else the routing key", "path user.name"});
  CHECK(described({{"id", "UInt64"}, {"_type", "String"}, {"t", "String"}, {"b", "String"}},
                  "_type=kind,t=@header.x-t,b=@body") ==
        All{"key id", "key kind", "header x-t", "the body"});
}

TEST_CASE("a name that a message fills is only that of a key where the type has no such value",
          "[column_origin]") {
  CHECK(described({{"id", "UInt8"},
                   {"_received_at", "UInt64"},
                   {"_headers", "UInt8"},
                   {"_routing_key", "Map(String, String)"},
                   {"_redelivered", "String"}}) ==
        All{"key id", "key _received_at", "key _headers", "key _routing_key",
            "key _redelivered, else the flag redelivered"});
}

TEST_CASE("bodies are taken as they are where one column has them and no other takes a key",
          "[column_origin]") {
  CHECK(described({{"_raw_message", "String"}}) == All{"the body"});
  CHECK(described({{"_raw_message", "String"}, {"_received_at", "DateTime"}}) ==
        All{"the body", "the time of its delivery"});
  CHECK(described({{"raw", "String"}, {"k", "String"}}, "raw=@body,k=@routing_key") ==
        All{"the body", "the routing key"});
  // Each of these needs the event.
  CHECK(described({{"_raw_message", "String"}, {"id", "UInt8"}})[0] ==
        "key _raw_message, else the body");
  CHECK(described({{"_raw_message", "String"}, {"_unmatched", "String"}})[0] ==
        "key _raw_message, else the body");
  CHECK(described({{"_raw_message", "JSON"}})[0] == "key _raw_message, else the body");
  CHECK(described({{"_routing_key", "String"}})[0] == "key _routing_key, else the routing key");
}

TEST_CASE("a source for a column that the table has not is refused", "[column_origin]") {
  CHECK(refusal_of({{"user_id", "UInt64"}}, "usre_id=user.id") ==
        "--column usre_id is no column that the table takes values for: did you mean user_id?");
}

TEST_CASE("a source none of whose values the column's type has is refused", "[column_origin]") {
  CHECK(refusal_of({{"at", "UUID"}}, "at=@received_at") ==
        "--column at: the time of its delivery is no value of a UUID");
  CHECK(refusal_of({{"h", "UInt8"}}, "h=@headers") ==
        "--column h: the headers is no value of a UInt8");
  CHECK(refusal_of({{"k", "Array(String)"}}, "k=@routing_key") ==
        "--column k: the routing key is no value of a Array(String)");
  CHECK(refusal_of({{"b", "Array(String)"}}, "b=@body") ==
        "--column b: the body is no value of a Array(String)");
}

}  // namespace event_consumer
