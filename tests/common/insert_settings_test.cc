#include "common/insert_settings.h"

#include "common/resolve_options.h"
#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("insert settings: names and values in their order", "[insert_settings]") {
  InsertSettings settings;
  CHECK_FALSE(parse_insert_settings("", settings));
  CHECK(settings.empty());
  CHECK_FALSE(parse_insert_settings("insert_quorum=2, insert_quorum_timeout=60000,log_comment=a=b",
                                    settings));
  CHECK((settings == InsertSettings{{"insert_quorum", "2"},
                                    {"insert_quorum_timeout", "60000"},
                                    {"log_comment", "a=b"}}));
  CHECK_FALSE(parse_insert_settings("log_comment=", settings));
  CHECK((settings == InsertSettings{{"log_comment", ""}}));
}

TEST_CASE("insert settings: what is none is refused", "[insert_settings]") {
  InsertSettings settings;
  for (const char* text :
       {"insert_quorum", "=2", "insert quorum=2", "a-b=1", "insert_quorum=2,3", "a&query=1"})
    CHECK(parse_insert_settings(text, settings) ==
          "expected NAME=VALUE, several separated by commas");
  CHECK(parse_insert_settings("a=1,b=2,a=1", settings) == "a is given twice");
}

TEST_CASE("slip: CLICKHOUSE_SETTINGS=query_id=1", "[insert_settings]") {
  const auto resolved = resolve_options({}, {{"CLICKHOUSE_SETTINGS", "query_id=1"}}, {});
  REQUIRE_FALSE(resolved.ok());
  CHECK(resolved.error().kind == ErrorKind::kUsage);
  CHECK(
      resolved.error().message ==
      "environment variable CLICKHOUSE_SETTINGS: 'query_id=1': query_id cannot be set: the service "
      "sends it itself, so that a repeated insert is known as one");
}

TEST_CASE("insert settings: what carries a promise is refused, with the reason",
          "[insert_settings]") {
  InsertSettings settings;
  for (const char* name : {"query_id",
                           "insert_deduplication_token",
                           "insert_deduplicate",
                           "deduplicate_insert",
                           "async_insert",
                           "wait_for_async_insert",
                           "wait_end_of_query",
                           "insert_distributed_sync",
                           "distributed_foreground_insert",
                           "deduplicate_blocks_in_dependent_materialized_views",
                           "input_format_with_types_use_header",
                           "input_format_skip_unknown_fields",
                           "max_query_size",
                           "max_insert_block_size",
                           "max_insert_block_size_bytes",
                           "min_insert_block_size_rows",
                           "timeout_overflow_mode",
                           "query",
                           "database",
                           "default_format",
                           "user",
                           "password",
                           "session_id",
                           "param_x",
                           "compress",
                           "decompress",
                           "quota_key",
                           "profile",
                           "role"}) {
    const auto wrong =
        parse_insert_settings(std::string("insert_quorum=2,") + name + "=1", settings);
    INFO(name);
    REQUIRE(wrong);
    CHECK(starts_with(*wrong, std::string(name) + " cannot be set: "));
  }
  CHECK(parse_insert_settings("async_insert=1", settings) ==
        "async_insert cannot be set: the service sends it itself, so that an answer means "
        "«stored»");
  for (const char* text : {"insert_quorum=2", "max_threads=4", "async_insert_max_data_size=1"})
    CHECK_FALSE(parse_insert_settings(text, settings));
}

}  // namespace
}  // namespace event_consumer
