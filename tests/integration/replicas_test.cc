// A table that two ClickHouse servers replicate through a ZooKeeper: what is promised of it, and
// what is left of that when one of the three is away.
#include <string>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/clickhouse_replicas.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// The servers, and the table on both of them; a queue with the topology's name.
struct Replicas : ClickhouseReplicas {
  explicit Replicas(const std::string& name) : topology(name, first) {
    topology.declare_topology();
    create_table(topology.database());
  }

  // The first server, and the second when it is away.
  Environment environment() const {
    Environment environment = topology.environment();
    environment["CLICKHOUSE_HOST"] = first.address() + "," + second.address();
    environment["EVENT_CONSUMER_WORKERS"] = "1";
    return environment;
  }

  void publish(std::uint64_t from, std::uint64_t to) const {
    AmqpClient client(rabbitmq().url());
    client.enable_confirms();
    publish_confirmed(client, topology, from, to,
                      [](std::uint64_t id) { return ClickEvents(51).json_at(id); });
  }

  // How many of the events one of the servers has, and how many rows.
  std::uint64_t distinct_events(const ClickhouseServer& server) const {
    return number(server, std::string("uniqExact(") + kEventIdSql + ")");
  }
  std::uint64_t rows(const ClickhouseServer& server) const { return number(server, "count()"); }

  bool wait_for_events(const ClickhouseServer& server, std::uint64_t count) const {
    return wait_until([&] { return distinct_events(server) == count; }, seconds(60));
  }
  bool wait_for_empty_queue() const {
    return wait_until(
        [&] {
          const auto counts = rabbitmq().queue_counts(topology.queue());
          return counts.ready == 0 && counts.unacknowledged == 0;
        },
        seconds(60));
  }

  TestTopology topology;

 private:
  std::uint64_t number(const ClickhouseServer& server, const std::string& what) const {
    return std::stoull(server.query("SELECT " + what + " FROM " + topology.table()));
  }
};

bool wait_for_log(const Service& service, const std::string& text) {
  return wait_until([&] { return service.count_in_log(text) > 0; }, seconds(60));
}

}  // namespace

TEST_CASE("replicas: stored means on as many of them as insert_quorum says, or on one") {
  Replicas replicas("quorum");
  const Finished on_one = run_program(replicas.environment(), {"check"});
  INFO(on_one.output);
  CHECK(contains(on_one.output, "✓ stored means on at least one replica\n"));
  CHECK(contains(on_one.output, "this version of ClickHouse knows no deduplication tokens"));

  Environment environment = replicas.environment();
  environment["CLICKHOUSE_SETTINGS"] = "insert_quorum=2,insert_quorum_timeout=1000";
  const int port = serve_status(environment);
  const Finished on_two = run_program(environment, {"check"});
  CHECK(contains(on_two.output, "✓ stored means on at least 2 replicas\n"));

  Service service(environment);
  REQUIRE(service.wait_consuming(1));
  CHECK(service.count_in_log("; stored means on at least 2 replicas") == 1);
  replicas.publish(0, 1000);
  REQUIRE(replicas.wait_for_empty_queue());
  CHECK(replicas.distinct_events(replicas.first) == 1000);
  CHECK(replicas.distinct_events(replicas.second) == 1000);
  CHECK(contains(get_status_page(port, "/status").content, R"("stored_replicas":2)"));
  CHECK(contains(get_status_page(port, "/metrics").content,
                 R"(event_consumer_stored_info{durability="replicas",replicas="2"} 1)"));

  // Too few for the quorum, once ZooKeeper knows.
  replicas.second.kill();
  REQUIRE(wait_until(
      [&] { return replicas.first.query("SELECT active_replicas FROM system.replicas") == "1\n"; },
      seconds(20)));
  replicas.publish(1000, 2000);
  CHECK(wait_for_log(service, "Code: 285"));
  CHECK(rabbitmq().queue_counts(replicas.topology.queue()).unacknowledged > 0);
  replicas.second.start();
  CHECK(replicas.wait_for_empty_queue());
  INFO(service.log());
  CHECK(replicas.wait_for_events(replicas.second, 2000));
  CHECK(replicas.wait_for_events(replicas.first, 2000));

  // One that ZooKeeper still takes for active: the rows are on the first, and whether they will be
  // on the other is unknown (319); what is inserted next has to wait for that (286).
  replicas.second.pause();
  replicas.publish(2000, 3000);
  const bool is_said = wait_for_log(service, "Code: 319") && wait_for_log(service, "Code: 286");
  replicas.second.resume();
  INFO(service.log());
  CHECK(is_said);
  CHECK(service.count_in_log("may be stored twice") > 0);
  CHECK(replicas.wait_for_empty_queue());
  for (const ClickhouseServer* server : {&replicas.first, &replicas.second}) {
    CHECK(replicas.wait_for_events(*server, 3000));
    // 18.16 knows no tokens, and 319 can be the answer to every try.
    CHECK(replicas.rows(*server) >= 3000);
  }
  CHECK(service.stop() == 0);
}

TEST_CASE("replicas: without ZooKeeper they are read-only, and inserts wait for it (242)") {
  Replicas replicas("read_only");
  Service service(replicas.environment());
  REQUIRE(service.wait_consuming(1));
  replicas.publish(0, 1000);
  REQUIRE(replicas.wait_for_events(replicas.second, 1000));
  replicas.zookeeper.kill();
  replicas.publish(1000, 2000);
  CHECK(wait_for_log(service, "Code: 242"));
  CHECK(service.count_in_log("nothing is lost") > 0);
  replicas.zookeeper.start();
  CHECK(replicas.wait_for_empty_queue());
  INFO(service.log());
  CHECK(replicas.wait_for_events(replicas.second, 2000));
  CHECK(replicas.rows(replicas.second) == 2000);
  CHECK(service.stop() == 0);
}

TEST_CASE("replicas: one is killed in mid-insert, and the other gets the rest") {
  constexpr std::uint64_t kEvents = 50'000;
  constexpr std::uint64_t kBatchRows = 1'000;
  Replicas replicas("one_killed");
  replicas.publish(0, kEvents);
  Environment environment = replicas.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "2";
  environment["EVENT_CONSUMER_BATCH_ROWS"] = std::to_string(kBatchRows);
  Service service(environment);
  REQUIRE(wait_until([&] { return replicas.rows(replicas.first) >= 5 * kBatchRows; }, seconds(30)));
  replicas.first.kill();
  CHECK(replicas.wait_for_empty_queue());
  CHECK(service.stop() == 0);
  INFO(service.log());
  CHECK(service.count_in_log("now using ClickHouse " + replicas.second.address()) == 2);
  replicas.first.start();
  for (const ClickhouseServer* server : {&replicas.first, &replicas.second}) {
    CHECK(replicas.wait_for_events(*server, kEvents));
    // 18.16 knows no tokens: a batch of each worker may have been stored before its answer.
    CHECK(replicas.rows(*server) <= kEvents + 2 * kBatchRows);
  }
}

}  // namespace event_consumer::testing
