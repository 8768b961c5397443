#include "worker/clickhouse/insert_trial.h"

#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::FakeHttpServer;
using testing::http_answer;
using testing::HttpRequest;

// To a server that answers the insert so.
Result<Done> trial_on(const std::string& answer) {
  FakeHttpServer server([&](const HttpRequest& request) {
    CHECK(request.body.find("INSERT") != std::string::npos);
    CHECK(request.line.find("insert_deduplication_token") == std::string::npos);
    CHECK(request.line.find("query_id") == std::string::npos);
    CHECK(request.body.back() == '\n');  // and no rows
    return answer;
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "app", "", std::chrono::seconds(20)});
  ServerFacts facts;
  facts.knows_deduplication_token = true;
  return try_insert(http, facts, {"d", "t"}, {{"a", parse_column_type("UInt8").value(), false}});
}

TEST_CASE("insert trial: what somebody has to change is said before rows are posted",
          "[insert_trial]") {
  CHECK(trial_on(http_answer(200)).ok());
  for (const int code : {48, 164, 497}) {
    const auto refused =
        trial_on(http_answer(500, "Code: " + std::to_string(code) + ". DB::Exception: No. (X)"));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::kConfiguration);
    CHECK(refused.error().peer_code == code);
    CHECK(refused.error().message.find("user app cannot insert into `d`.`t` on ClickHouse 127") ==
          0);
    CHECK(refused.error().message.find(" → ") != std::string::npos);
  }
}

TEST_CASE("insert trial: what passes by itself is left to the inserts", "[insert_trial]") {
  CHECK(trial_on("").ok());
  CHECK(trial_on(http_answer(503, "busy")).ok());
  for (const char* code : {"202", "241", "252"})
    CHECK(trial_on(http_answer(500, std::string("Code: ") + code + ". DB::Exception: No.")).ok());
}

}  // namespace
}  // namespace event_consumer
