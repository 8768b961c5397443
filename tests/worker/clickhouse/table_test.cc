#include "worker/clickhouse/table.h"

#include "tests/fakes/fake_http_server.h"
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::FakeHttpServer;
using testing::http_answer;
using testing::HttpRequest;

const TableName kTable = {"url_shortener", "click_events"};

// Answers as a server that has the table, or gets it by CREATE TABLE.
class FakeClickHouse {
 public:
  explicit FakeClickHouse(bool has_table) : has_table_(has_table) {}

  std::string operator()(const HttpRequest& request) {
    const std::string& query = request.body;
    if (query.find("system.tables") != std::string::npos)
      return http_answer(200,
                         has_table_ ? "url_shortener\tclick_events\tMergeTree\t\t\t\t\t\n" : "");
    if (query.find("system.columns") != std::string::npos)
      return http_answer(200, "short_code\tString\t\t\n");
    has_table_ = true;
    return http_answer(200);
  }

 private:
  bool has_table_;
};

Result<OpenTable> open(const FakeHttpServer& server, const ServerFacts& facts, bool create,
                       bool durable = false) {
  const testing::QuietLog quiet;
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  return open_table(http, facts, kTable, create, durable);
}

std::vector<std::string> queries(const FakeHttpServer& server) {
  std::vector<std::string> bodies;
  for (const HttpRequest& request : server.requests()) bodies.push_back(request.body);
  return bodies;
}

TEST_CASE("open table: one that is there is described, nothing else", "[table]") {
  FakeHttpServer server(FakeClickHouse(true));
  auto table = open(server, {}, /*create=*/true);
  REQUIRE(table.ok());
  CHECK(table->target.table.engine == "MergeTree");
  REQUIRE(table->columns.size() == 1);
  CHECK(table->columns.front().name == "short_code");
  const auto asked = queries(server);
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].find("FROM system.tables WHERE database = 'url_shortener' AND name = "
                      "'click_events'") != std::string::npos);
  CHECK(asked[1] ==
        "SELECT name, type, default_kind, default_expression FROM system.columns WHERE database = "
        "'url_shortener' AND table = 'click_events'");
}

TEST_CASE("open table: one that is not there is created, with its database", "[table]") {
  FakeHttpServer server{FakeClickHouse(false)};
  REQUIRE(open(server, {}, /*create=*/true).ok());
  const auto asked = queries(server);
  REQUIRE(asked.size() == 5);
  CHECK(asked[1] == "CREATE DATABASE IF NOT EXISTS `url_shortener`");
  CHECK(asked[2] ==
        "CREATE TABLE IF NOT EXISTS `url_shortener`.`click_events` (short_code String, timestamp "
        "DateTime, user_agent String, ip_address String, referrer String, original_url String) "
        "ENGINE = MergeTree() ORDER BY (short_code, timestamp)");
}

TEST_CASE("open table: it deduplicates where the server knows window and token", "[table]") {
  for (const bool token : {false, true}) {
    for (const bool window : {false, true}) {
      FakeHttpServer server{FakeClickHouse(false)};
      ServerFacts facts;
      facts.knows_deduplication_token = token;
      facts.knows_deduplication_window = window;
      REQUIRE(open(server, facts, /*create=*/true).ok());
      const bool deduplicates =
          queries(server).at(2).find(" SETTINGS non_replicated_deduplication_window = 10000") !=
          std::string::npos;
      CHECK(deduplicates == (token && window));
    }
  }
}

TEST_CASE("open table: a durable one has each insert on disk where the server can", "[table]") {
  for (const bool durable : {false, true}) {
    for (const bool knows : {false, true}) {
      FakeHttpServer server{FakeClickHouse(false)};
      ServerFacts facts;
      facts.knows_durable_inserts = knows;
      REQUIRE(open(server, facts, /*create=*/true, durable).ok());
      const std::string created = queries(server).at(2);
      const std::string settings = " SETTINGS fsync_after_insert = 1, fsync_part_directory = 1";
      CHECK((created.find(settings) != std::string::npos) == (durable && knows));
      CHECK((created.find("SETTINGS") != std::string::npos) == (durable && knows));
    }
  }
}

TEST_CASE("open table: nothing is created where that is switched off", "[table]") {
  FakeHttpServer server{FakeClickHouse(false)};
  const auto columns = open(server, {}, /*create=*/false);
  REQUIRE_FALSE(columns.ok());
  CHECK(columns.error().kind == ErrorKind::kConfiguration);
  CHECK(columns.error().message.find("`url_shortener`.`click_events` does not exist") !=
        std::string::npos);
  CHECK(columns.error().message.find("--create-table on") != std::string::npos);
  CHECK(queries(server).size() == 1);
}

TEST_CASE("open table: the name of a database before that of the table is a slip", "[table]") {
  const testing::QuietLog quiet;
  for (const bool create : {false, true}) {
    FakeHttpServer server([](const HttpRequest& request) {
      const bool is_meant = request.body.find("database = 'mine'") != std::string::npos;
      return http_answer(200, is_meant ? "mine\torders\tMergeTree\n" : "");
    });
    ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
    const auto columns = open_table(http, {}, {"default", "mine.orders"}, create);
    REQUIRE_FALSE(columns.ok());
    CHECK(columns.error().kind == ErrorKind::kConfiguration);
    CHECK(columns.error().message.find("`default`.`mine.orders` does not exist on") !=
          std::string::npos);
    CHECK(columns.error().message.find(
              ", but `mine`.`orders` does → set CLICKHOUSE_DATABASE to mine and CLICKHOUSE_TABLE "
              "to orders") != std::string::npos);
    CHECK(server.requests().size() == 2);
  }
}

// A name mistyped in the options must not make a table that eats the queue.
TEST_CASE("open table: by default one for click events is created under its own name only",
          "[table]") {
  const auto may_create = [](CreateTable create, const char* table) {
    Options options{};
    options.create_table = create;
    options.clickhouse_table = table;
    return may_create_table(options);
  };
  CHECK(may_create(CreateTable::kAuto, "click_events"));
  CHECK_FALSE(may_create(CreateTable::kAuto, "Click_events"));
  CHECK_FALSE(may_create(CreateTable::kAuto, "order"));
  CHECK(may_create(CreateTable::kOn, "order"));
  CHECK_FALSE(may_create(CreateTable::kOff, "click_events"));
}

TEST_CASE("open table: only a table made for click events requires some of its columns",
          "[table]") {
  using Names = std::vector<std::string>;
  Options options{};
  Names clicks = created_columns();
  CHECK(required_columns(options, clicks) == Names{"short_code", "timestamp", "original_url"});
  clicks.push_back("country");
  CHECK(required_columns(options, clicks).size() == 3);
  CHECK(required_columns(options, {"short_code", "timestamp", "original_url"}).empty());
  CHECK(required_columns(options, {"id"}).empty());
  options.required_columns = Names{};
  CHECK(required_columns(options, clicks).empty());
  options.required_columns = Names{"id"};
  CHECK(required_columns(options, clicks) == Names{"id"});
}

}  // namespace
}  // namespace event_consumer
