#include "worker/clickhouse/server_facts.h"

#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::FakeHttpServer;
using testing::http_answer;
using testing::HttpRequest;

constexpr char kAllFormats[] =
    "RowBinaryWithDefaults\nRowBinaryWithNamesAndTypesAndDefaults\nRowBinaryWithNamesAndTypes\n";

constexpr char kWindow[] = "non_replicated_deduplication_window\t0\n";

Result<ServerFacts> facts_from(const std::string& settings, const std::string& windows,
                               const std::string& formats = kAllFormats,
                               const std::string& token = "arrives\n",
                               const std::string& replicated_window = "10000\n") {
  FakeHttpServer server([&](const HttpRequest& request) {
    if (request.body == "SELECT version()") return http_answer(200, "26.7.1.1\n");
    if (request.body.find("system.merge_tree_settings") != std::string::npos)
      return http_answer(200, windows);
    if (request.body.find("SELECT value FROM system.replicated_merge_tree_settings") == 0)
      return replicated_window.empty()
                 ? http_answer(403, "Code: 497. DB::Exception: Not enough privileges")
                 : http_answer(200, replicated_window);
    if (request.body.find("SELECT value FROM system.settings") == 0) {
      CHECK(request.line.find("insert_deduplication_token=arrives") != std::string::npos);
      return http_answer(200, token);
    }
    if (request.body.find("system.settings") != std::string::npos)
      return http_answer(200, settings);
    if (request.body.find("columns.position") != std::string::npos)
      return http_answer(200, windows.empty() ? "" : "columns.position\ntables.uuid\n");
    if (request.body.find("system.formats") != std::string::npos) return http_answer(200, formats);
    return http_answer(404, "Code: 62, e.displayText() = DB::Exception: what?");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  return read_server_facts(http);
}

TEST_CASE("server facts: a new server knows everything", "[server_facts]") {
  const auto facts = facts_from(
      "async_insert\t1\ninsert_deduplicate\t1\ninsert_deduplication_token\t\ninsert_quorum\t3\n"
      "deduplicate_insert\tenable\ntimeout_overflow_mode\tbreak\n"
      "materialized_views_ignore_errors\t1\n"
      "deduplicate_blocks_in_dependent_materialized_views\t0\n",
      "fsync_after_insert\t1\nnon_replicated_deduplication_window\t0\n");
  REQUIRE(facts.ok());
  CHECK(facts.value().version == "26.7.1.1");
  CHECK(facts.value().knows_async_insert);
  CHECK(facts.value().knows_insert_deduplicate);
  CHECK(facts.value().knows_deduplicate_insert);
  CHECK(facts.value().knows_timeout_overflow_mode);
  CHECK(facts.value().ignores_view_errors);
  CHECK(facts.value().knows_deduplication_token);
  CHECK_FALSE(facts.value().loses_deduplication_token);
  CHECK(facts.value().knows_deduplication_window);
  CHECK(facts.value().knows_view_deduplication);
  CHECK(facts.value().insert_quorum == 3);
  CHECK(facts.value().fsyncs_after_insert);
  CHECK(facts.value().knows_durable_inserts);
  CHECK(facts.value().knows_column_positions);
  CHECK(facts.value().knows_table_uuids);
  CHECK(facts.value().knows_typed_rows);
  CHECK(facts.value().knows_rows_with_defaults);
  CHECK(facts.value().knows_typed_rows_with_defaults);
}

TEST_CASE("server facts: a token that is not read back is lost on the way", "[server_facts]") {
  const auto facts = facts_from("insert_deduplication_token\n", kWindow, "", "\n");
  REQUIRE(facts.ok());
  CHECK(facts.value().knows_deduplication_token);
  CHECK(facts.value().loses_deduplication_token);
  CHECK_FALSE(facts.value().answers_early);
}

// Where the token is lost, async_insert=0 is, too.
TEST_CASE("server facts: asynchronous inserts that nobody waits for are seen", "[server_facts]") {
  const auto early = [](const std::string& async, const std::string& wait,
                        const std::string& token) {
    const auto facts = facts_from("insert_deduplication_token\t\nasync_insert\t" + async +
                                      "\nwait_for_async_insert\t" + wait + "\n",
                                  kWindow, "", token);
    REQUIRE(facts.ok());
    return facts.value().answers_early;
  };
  CHECK(early("1", "0", "\n"));
  CHECK_FALSE(early("1", "0", "arrives\n"));
  CHECK_FALSE(early("1", "1", "\n"));
  CHECK_FALSE(early("0", "0", "\n"));
}

TEST_CASE("server facts: the settings that an answer's meaning hangs on are known by themselves",
          "[server_facts]") {
  const auto old = facts_from("insert_distributed_sync\n", "");
  REQUIRE(old.ok());
  CHECK(old.value().knows_insert_distributed_sync);
  CHECK_FALSE(old.value().knows_distributed_foreground);
  CHECK_FALSE(old.value().knows_types_header);
  CHECK_FALSE(old.value().knows_json_as_string);
  CHECK_FALSE(old.value().knows_insert_block_bytes);
  CHECK_FALSE(old.value().knows_format_block_bytes);
  CHECK_FALSE(old.value().knows_log_comment);
  const auto recent = facts_from(
      "distributed_foreground_insert\ninput_format_with_types_use_header\n"
      "max_insert_block_size_bytes\ninput_format_max_block_size_bytes\n"
      "input_format_binary_read_json_as_string\ninsert_distributed_sync\nlog_comment\n",
      kWindow, "");
  REQUIRE(recent.ok());
  CHECK(recent.value().knows_distributed_foreground);
  CHECK(recent.value().knows_types_header);
  CHECK(recent.value().knows_json_as_string);
  CHECK(recent.value().knows_insert_block_bytes);
  CHECK(recent.value().knows_format_block_bytes);
  CHECK(recent.value().knows_log_comment);
  const auto neither = facts_from("", "");
  REQUIRE(neither.ok());
  CHECK_FALSE(neither.value().knows_insert_distributed_sync);
  CHECK_FALSE(neither.value().knows_distributed_foreground);
}

TEST_CASE("server facts: the windows of tables that do not name one", "[server_facts]") {
  const auto facts =
      facts_from("insert_deduplication_token\t\n", "non_replicated_deduplication_window\t100\n", "",
                 "arrives\n", "0\n");
  REQUIRE(facts.ok());
  CHECK(facts.value().has_deduplication_window);
  CHECK(facts.value().lacks_replicated_window);
  for (const char* replicated : {"10000\n", ""}) {
    const auto usual =
        facts_from("insert_deduplication_token\t\n", kWindow, "", "arrives\n", replicated);
    REQUIRE(usual.ok());
    CHECK_FALSE(usual.value().has_deduplication_window);
    CHECK_FALSE(usual.value().lacks_replicated_window);
  }
}

TEST_CASE("server facts: each format is known by itself", "[server_facts]") {
  const auto facts =
      facts_from("insert_quorum\tauto\n", kWindow, "RowBinaryWithNamesAndTypesAndDefaults\n");
  REQUIRE(facts.ok());
  CHECK_FALSE(facts.value().knows_typed_rows);
  CHECK_FALSE(facts.value().knows_rows_with_defaults);
  CHECK(facts.value().knows_typed_rows_with_defaults);
  CHECK(facts.value().insert_quorum == 2);
}

TEST_CASE("server facts: an old one knows little", "[server_facts]") {
  const auto facts = facts_from("insert_deduplicate\t1\ninsert_quorum\t0\n", "", "");
  REQUIRE(facts.ok());
  CHECK_FALSE(facts.value().knows_async_insert);
  CHECK(facts.value().knows_insert_deduplicate);
  CHECK_FALSE(facts.value().knows_deduplication_token);
  CHECK_FALSE(facts.value().knows_deduplication_window);
  CHECK_FALSE(facts.value().knows_view_deduplication);
  CHECK_FALSE(facts.value().ignores_view_errors);
  CHECK(facts.value().insert_quorum == 0);
  CHECK_FALSE(facts.value().fsyncs_after_insert);
  CHECK_FALSE(facts.value().knows_durable_inserts);
  CHECK_FALSE(facts.value().knows_column_positions);
  CHECK_FALSE(facts.value().knows_table_uuids);
  CHECK_FALSE(facts.value().knows_typed_rows);
}

TEST_CASE("server facts: or nothing of it", "[server_facts]") {
  const auto facts = facts_from("", "");
  REQUIRE(facts.ok());
  CHECK_FALSE(facts.value().knows_insert_deduplicate);
}

// select_from_system_db_requires_grant, from 22.9 on, and the user was granted its table alone.
TEST_CASE("server facts: a server that hides its settings of tables knows them", "[server_facts]") {
  FakeHttpServer server([](const HttpRequest& request) {
    if (request.body.find("system.merge_tree_settings") != std::string::npos)
      return http_answer(403, "Code: 497. DB::Exception: readings: Not enough privileges");
    return http_answer(200, request.body == "SELECT version()" ? "26.7.1.1\n" : "");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  const auto facts = read_server_facts(http);
  REQUIRE(facts.ok());
  CHECK(facts.value().knows_deduplication_window);
  CHECK(facts.value().knows_durable_inserts);
  CHECK_FALSE(facts.value().fsyncs_after_insert);
}

TEST_CASE("server facts: a refusal is passed on", "[server_facts]") {
  FakeHttpServer server([](const HttpRequest&) {
    return http_answer(401, "Code: 516. DB::Exception: default: Authentication failed");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  const auto facts = read_server_facts(http);
  REQUIRE_FALSE(facts.ok());
  CHECK(facts.error().kind == ErrorKind::kConfiguration);
  CHECK(facts.error().message.find("Authentication failed") != std::string::npos);
}

}  // namespace
}  // namespace event_consumer
