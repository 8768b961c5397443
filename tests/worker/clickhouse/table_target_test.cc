#include "worker/clickhouse/table_target.h"

#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::FakeHttpServer;
using testing::http_answer;
using testing::HttpRequest;

TableTarget target(const std::string& engine, const std::string& create = "") {
  TableTarget target;
  target.table = {{"d", "t"}, engine, engine, create, "", {}};
  return target;
}

// Two views that read from each other, which nobody can create.
TEST_CASE("table target: each view is followed once", "[table_target]") {
  FakeHttpServer server([](const HttpRequest& request) {
    const std::string& query = request.body;
    if (query.find("name = 't'") != std::string::npos)
      return http_answer(200, "d\tt\tMergeTree\t\t\t\td\\0d\tv\\0gone\n");
    if (query.find("name = 'v'") != std::string::npos)
      return http_answer(200,
                         "d\tv\tMaterializedView\t\tCREATE MATERIALIZED VIEW d.v TO d.u "
                         "(a UInt8)\t\t\t\n");
    if (query.find("name = 'u'") != std::string::npos)
      return http_answer(200, "d\tu\tLog\t\t\t\td\\0d\tv\\0w\n");
    CHECK(query.find("name = 'w'") != std::string::npos);
    return http_answer(200, "d\tw\tWindowView\t\t\t\t\t\n");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  const auto seen = read_target(http, {}, {"d", "t"});
  REQUIRE(seen.ok());
  REQUIRE(seen.value());
  const std::vector<ViewTable>& views = seen.value()->views;
  REQUIRE(views.size() == 3);
  CHECK(views[0].view.table == "v");
  CHECK(views[0].table->engine == "Log");
  CHECK(views[1].view.table == "gone");
  CHECK_FALSE(views[1].table);
  CHECK(views[2].table->engine == "WindowView");
}

// Rows for it go there, and so do the questions what they come to.
TEST_CASE("table target: an Alias is followed to its table", "[table_target]") {
  FakeHttpServer server([](const HttpRequest& request) {
    if (request.body.find("name = 't'") != std::string::npos)
      return http_answer(200, "d\tt\tAlias\tAlias(\\'e\\', \\'u\\')\t\t\t\t\n");
    if (request.body.find("name = 'u'") != std::string::npos)
      return http_answer(200, "e\tu\tNull\tNull\t\t\te\tv\n");
    return http_answer(200, "");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  const auto seen = read_target(http, {}, {"d", "t"});
  REQUIRE(seen.ok());
  REQUIRE(seen.value());
  CHECK(seen.value()->rows().name.quoted() == "`e`.`u`");
  CHECK(seen.value()->rows().engine == "Null");
  REQUIRE(seen.value()->views.size() == 1);
  CHECK(seen.value()->views[0].view.table == "v");
}

// An Alias of a view that writes to the Alias, which nobody can create.
TEST_CASE("table target: of a circle each is asked for once", "[table_target]") {
  FakeHttpServer server([](const HttpRequest& request) {
    return request.body.find("name = 't'") != std::string::npos
               ? http_answer(200, "d\tt\tAlias\tAlias(\\'d.v\\')\t\t\t\t\n")
               : http_answer(200,
                             "d\tv\tMaterializedView\t\tCREATE MATERIALIZED VIEW d.v TO d.t "
                             "(a UInt8)\t\t\t\n");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  CHECK(read_target(http, {}, {"d", "t"}).ok());
  CHECK(server.requests().size() == 3);
}

std::optional<WrongTarget> judge(const TableTarget& target, bool allow_buffer) {
  return judge_target({}, target, allow_buffer);
}

// A table with a view for each of `engines`, which are those of the tables behind them.
TableTarget before(const std::vector<std::string>& engines) {
  TableTarget door = target("Null");
  for (const std::string& engine : engines)
    door.views.push_back({{"d", "v"}, target(engine).table});
  return door;
}

TEST_CASE("table target: nowhere behind its views is nowhere, too", "[table_target]") {
  const auto nowhere = judge(before({"Null", "Null"}), true);
  REQUIRE(nowhere);
  CHECK(nowhere->message.find("`d`.`t` has the engine Null and none but Null tables behind") == 0);
  CHECK_FALSE(judge(before({"Null", "MergeTree"}), false));
  TableTarget unseen = before({"Null"});
  unseen.views.push_back({{"d", "v"}, std::nullopt});
  CHECK_FALSE(judge(unseen, false));
}

TEST_CASE("table target: so is in memory only", "[table_target]") {
  const auto in_memory = judge(before({"Null", "Buffer"}), false);
  REQUIRE(in_memory);
  CHECK(in_memory->message.find("only Buffer tables behind its views") != std::string::npos);
  CHECK_FALSE(judge(before({"Null", "Buffer"}), true));
  CHECK_FALSE(judge(before({"Buffer", "MergeTree"}), false));
}

TEST_CASE("table target: a Null table is none where a view may fail and nobody hears of it",
          "[table_target]") {
  ServerFacts facts;
  facts.ignores_view_errors = true;
  const auto wrong = judge_target(facts, before({"MergeTree"}), true);
  REQUIRE(wrong);
  CHECK(wrong->remedy.find("materialized_views_ignore_errors=0") != std::string::npos);
  CHECK_FALSE(judge_target(facts, target("MergeTree"), true));
}

TEST_CASE("table target: none is one where the answer comes before the insert", "[table_target]") {
  ServerFacts facts;
  facts.answers_early = true;
  const auto wrong = judge_target(facts, target("MergeTree"), true);
  REQUIRE(wrong);
  CHECK(wrong->message.find("async_insert does not reach ClickHouse") != std::string::npos);
}

TEST_CASE("table target: nowhere, and memory only, are none", "[table_target]") {
  const auto wrong = judge(target("Null"), true);
  REQUIRE(wrong);
  CHECK(wrong->message.find("`d`.`t` has the engine Null and no materialized view") == 0);
  TableTarget feeding = target("Null");
  feeding.views.push_back({{"d", "v"}, std::nullopt});
  CHECK_FALSE(judge(feeding, false));

  REQUIRE(judge(target("Buffer"), false));
  CHECK(judge(target("Buffer"), false)->remedy.find("--allow-buffer on") != std::string::npos);
  CHECK_FALSE(judge(target("Buffer"), true));

  CHECK_FALSE(judge(target("Memory"), false));
  CHECK_FALSE(
      judge(target("MaterializedView", "CREATE MATERIALIZED VIEW d.t TO d.u (a Int8)"), false));
  CHECK(
      judge(target("MaterializedView", "CREATE MATERIALIZED VIEW d.t REFRESH EVERY 1 DAY (a Int8)"),
            true));
}

}  // namespace
}  // namespace event_consumer
