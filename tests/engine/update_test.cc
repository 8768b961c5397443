// ClickHouse is updated in its place, from 18.16 to 26, while a worker has a batch for it.
#include <optional>

#include "common/text.h"
#include "tests/engine/engine_facts.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

using std::chrono::seconds;

TEST_CASE("ClickHouse 26: takes the place of an old version, and is asked what it knows") {
  std::optional<ClickhouseServer> old(std::in_place);
  const int port = old->http_port();
  std::optional<TestTopology> topology(std::in_place, "updated", *old);
  topology->declare_topology();
  Environment environment = topology->environment();
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "500";
  const int status_port = serve_status(environment);
  Service service(environment);
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  const auto body_of = [](std::uint64_t id) { return ClickEvents().json_at(id); };
  publish_confirmed(client, *topology, 0, 1'000, body_of);
  REQUIRE(wait_until([&] { return topology->distinct_events() == 1'000; }, seconds(30)));
  const auto workers = service.workers();

  old->kill();
  publish_confirmed(client, *topology, 1'000, 3'000, body_of);
  REQUIRE(wait_until([&] { return service.count_in_log("cannot connect") >= 1; }, seconds(10)));
  const ClickhouseEngine anew(port);
  std::string create = kClickEventsTableSql;
  create.replace(create.find("url_shortener."), sizeof "url_shortener." - 1,
                 topology->database() + ".");
  anew.query("CREATE DATABASE " + topology->database());
  anew.query(create + " SETTINGS non_replicated_deduplication_window = 100");
  const std::string count =
      std::string("SELECT count(), uniqExact(") + kEventIdSql + ") FROM " + topology->table();
  const bool stored = wait_until([&] { return anew.query(count) == "2000\t2000\n"; }, seconds(90));
  INFO(service.log());
  CHECK(stored);
  const std::string status = get_status_page(status_port, "/status").content;
  const std::string version = engine_facts().version;
  CHECK(contains(status, "\"clickhouse_version\":\"" + version + "\""));
  CHECK(contains(status, R"("table_deduplicates":true)"));
  // A worker that had nothing to post has not noticed.
  CHECK(service.count_in_log("is another than before: version " + version) >= 1);
  CHECK(service.workers() == workers);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
