#include "worker/clickhouse/inspection.h"

#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::FakeHttpServer;
using testing::http_answer;
using testing::HttpRequest;

TableTarget target(const std::string& engine, const std::string& behind_view = "") {
  TableTarget target;
  target.table = {{"d", "t"}, engine, engine, "", "", {}};
  if (!behind_view.empty())
    target.views.push_back(
        {{"d", "v"}, TableRow{{"d", "u"}, behind_view, behind_view, "", "", {}}});
  return target;
}

// As a proxy does that passes on some parameters of a URL only: the answer would mean «spooled».
TEST_CASE("inspection: a Distributed table that would answer too early is no target",
          "[inspection]") {
  bool drops = false;
  FakeHttpServer server([&](const HttpRequest& request) {
    const bool is_sent = request.line.find("distributed_foreground_insert=1") != std::string::npos;
    return http_answer(200, is_sent && !drops ? "1\n" : "0\n");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  ServerFacts facts;
  facts.knows_insert_distributed_sync = facts.knows_distributed_foreground = true;
  for (const TableTarget& each : {target("Distributed"), target("Null", "Distributed")}) {
    drops = false;
    CHECK(expect_target(http, facts, each, false).ok());
    drops = true;
    const auto wrong = expect_target(http, facts, each, false);
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.error().kind == ErrorKind::kConfiguration);
    CHECK(wrong.error().message.find("distributed_foreground_insert does not reach ClickHouse") !=
          std::string::npos);
  }
  CHECK(server.requests().size() == 4);
  CHECK(expect_target(http, facts, target("MergeTree", "Distributed"), false).ok());
  CHECK(server.requests().size() == 4);
}

}  // namespace
}  // namespace event_consumer
