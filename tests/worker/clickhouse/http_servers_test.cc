// Which of several servers a post goes to.
#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"
#include "worker/clickhouse/clickhouse_http.h"

namespace event_consumer {
namespace {

using testing::FakeHttpServer;
using testing::foreign_answer;
using testing::http_answer;
using testing::HttpRequest;
using testing::LoopbackListener;

ClickHouseServer first_of(const std::vector<int>& ports) {
  ClickHouseServer server{"127.0.0.1", ports.front(), "writer", "hunter2",
                          std::chrono::seconds(20)};
  for (std::size_t i = 1; i < ports.size(); ++i)
    server.alternatives.push_back({"127.0.0.1", ports[i]});
  return server;
}

int closed_port() { return LoopbackListener().port(); }

TEST_CASE("http: when a server is away the next one is used, and kept", "[http]") {
  FakeHttpServer second([](const HttpRequest&) { return http_answer(200); });
  const int first = closed_port();
  ClickHouseHttp http(first_of({first, second.port()}));
  CHECK(http.server().port == first);
  CHECK(http.post({}, "", "rows").status == 0);
  CHECK(http.server().port == second.port());
  for (int i = 0; i < 3; ++i) CHECK(http.post({}, "", "rows").ok());
  CHECK(http.server_changes() == 1);
  CHECK(second.connections() == 1);
}

TEST_CASE("http: the servers take turns while all are away", "[http]") {
  const std::vector<int> ports = {closed_port(), closed_port(), closed_port()};
  ClickHouseHttp http(first_of(ports));
  for (int i = 0; i < 7; ++i) {
    CHECK(http.server().port == ports[static_cast<std::size_t>(i) % 3]);
    http.post({}, "", "rows");
  }
}

TEST_CASE("http: a refusal in ClickHouse's words is no reason to change", "[http]") {
  for (const std::string& answer :
       {http_answer(500, "Code: 241. DB::Exception"), http_answer(404, ""), http_answer(403, "")}) {
    FakeHttpServer first([&](const HttpRequest&) { return answer; });
    ClickHouseHttp http(first_of({first.port(), closed_port()}));
    http.post({}, "", "rows");
    CHECK(http.server().port == first.port());
  }
}

TEST_CASE("http: a proxy's 503 is a reason to change", "[http]") {
  FakeHttpServer first([](const HttpRequest&) { return foreign_answer(503, "no backend"); });
  ClickHouseHttp http(first_of({first.port(), closed_port()}));
  http.post({}, "", "rows");
  CHECK(http.server().port != first.port());
}

TEST_CASE("http: a server without alternatives stays", "[http]") {
  const int port = closed_port();
  ClickHouseHttp http(first_of({port}));
  http.post({}, "", "rows");
  http.use_next_server("no reason");
  CHECK(http.server().port == port);
  CHECK(http.server_changes() == 0);
}

}  // namespace
}  // namespace event_consumer
