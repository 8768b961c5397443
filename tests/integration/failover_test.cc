// Several servers are given: whichever is away, the next one is used, and nothing is lost.
#include <set>
#include <sstream>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/free_port.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

std::string loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

Environment with_hosts(const TestTopology& topology, const std::string& hosts) {
  Environment environment = topology.environment();
  environment["CLICKHOUSE_HOST"] = hosts;
  return environment;
}

void publish_backlog(const TestTopology& topology, const ClickEvents& events, std::uint64_t count) {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, count,
                    [&](std::uint64_t id) { return events.json_at(id); });
}

bool table_exists(const ClickhouseServer& server, const TestTopology& topology) {
  return server.query("EXISTS TABLE " + topology.table()) == "1\n";
}

std::vector<std::uint64_t> stored_ids(const ClickhouseServer& server,
                                      const TestTopology& topology) {
  std::vector<std::uint64_t> ids;
  std::istringstream lines(
      server.query(std::string("SELECT ") + kEventIdSql + " FROM " + topology.table()));
  for (std::string line; std::getline(lines, line);) ids.push_back(std::stoull(line));
  return ids;
}

bool wait_for_empty_queue(const TestTopology& topology) {
  return wait_until(
      [&] {
        const auto counts = rabbitmq().queue_counts(topology.queue());
        return counts.ready == 0 && counts.unacknowledged == 0;
      },
      seconds(90));
}

}  // namespace

TEST_CASE("failover: the first ClickHouse is down at the start, the second is used") {
  TestTopology topology("first_down");
  topology.declare_topology();
  const std::string down = loopback(free_port());
  Service service(with_hosts(topology, down + "," + loopback(clickhouse().http_port())));
  REQUIRE(service.wait_consuming(2));
  publish_backlog(topology, ClickEvents(41), 1000);
  CHECK(wait_until([&] { return topology.distinct_events() == 1000; }, seconds(20)));
  CHECK(topology.rows() == 1000);
  CHECK(service.count_in_log("ClickHouse " + down + ": cannot connect; now using ClickHouse " +
                             loopback(clickhouse().http_port())) == 2);
  CHECK(service.stop() == 0);
}

TEST_CASE("failover: ClickHouse is killed in mid-drain, the rest goes to the second one") {
  constexpr std::uint64_t kEvents = 200'000;
  constexpr std::uint64_t kBatchRows = 5'000;
  TestTopology topology("mid_drain");
  topology.declare_topology();
  publish_backlog(topology, ClickEvents(42), kEvents);
  ClickhouseServer first;
  const ClickhouseServer& second = clickhouse();
  Environment environment =
      with_hosts(topology, loopback(first.http_port()) + "," + loopback(second.http_port()));
  environment["EVENT_CONSUMER_BATCH_ROWS"] = std::to_string(kBatchRows);
  Service service(environment);
  REQUIRE(wait_until(
      [&] {
        return table_exists(first, topology) && stored_ids(first, topology).size() >= kBatchRows;
      },
      seconds(30)));
  const auto workers = service.workers();
  first.kill();
  CHECK(wait_for_empty_queue(topology));
  CHECK(service.workers() == workers);
  CHECK(service.stop() == 0);
  INFO(service.log());
  CHECK(service.count_in_log("now using ClickHouse " + loopback(second.http_port())) == 2);

  first.start();
  const auto before = stored_ids(first, topology);
  const auto after = stored_ids(second, topology);
  CHECK_FALSE(before.empty());
  CHECK_FALSE(after.empty());
  std::set<std::uint64_t> all(before.begin(), before.end());
  all.insert(after.begin(), after.end());
  CHECK(all.size() == kEvents);
  // Each worker may have had one batch under way, stored by the server that died before it said so.
  CHECK(before.size() + after.size() <= kEvents + 2 * kBatchRows);
}

TEST_CASE("failover: when the first ClickHouse is back for a while, so are the inserts") {
  TestTopology topology("comes_home");
  topology.declare_topology();
  ClickhouseServer first;
  const ClickhouseServer& second = clickhouse();
  Environment environment =
      with_hosts(topology, loopback(first.http_port()) + "," + loopback(second.http_port()));
  environment["CLICKHOUSE_FAILBACK"] = "1";
  environment["EVENT_CONSUMER_BATCH_DELAY"] = "0.1";
  const int port = serve_status(environment);
  Service service(environment);
  REQUIRE(service.wait_consuming(2));
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  std::uint64_t published = 0;
  const auto publish = [&] {
    publish_confirmed(client, topology, published, published + 10,
                      [](std::uint64_t id) { return ClickEvents(45).json_at(id); });
    published += 10;
  };
  const auto says = [&](const std::string& text) {
    return contains(get_status_page(port, "/status").content, text);
  };
  first.kill();
  publish();
  REQUIRE(wait_for_empty_queue(topology));
  const std::string away = "\"clickhouse_host_reason\":\"ClickHouse " + loopback(first.http_port());
  CHECK(wait_until([&] { return says(away); }, seconds(10)));
  first.start();
  // Each worker returns by itself.
  CHECK(wait_until(
      [&] {
        publish();
        return service.count_in_log("has answered for 1 s: inserts go back to it") == 2;
      },
      seconds(30)));
  const auto stayed = stored_ids(second, topology).size();
  for (int i = 0; i < 5; ++i) publish();
  CHECK(wait_for_empty_queue(topology));
  CHECK(says("\"clickhouse_host\":\"" + loopback(first.http_port()) + "\""));
  CHECK(says("\"clickhouse_host_reason\":\"back from ClickHouse "));
  CHECK(service.stop() == 0);
  INFO(service.log());
  const auto before = stored_ids(second, topology);
  const auto after = stored_ids(first, topology);
  CHECK(before.size() - stayed <= 2 * 10);  // what was under way
  std::set<std::uint64_t> all(before.begin(), before.end());
  all.insert(after.begin(), after.end());
  CHECK(all.size() == published);
  CHECK(before.size() + after.size() == published);
}

TEST_CASE("failover: a server whose table has other columns gets nothing") {
  constexpr std::uint64_t kEvents = 100'000;
  TestTopology topology("other_columns");
  topology.declare_topology();
  clickhouse().query("CREATE DATABASE " + topology.database());
  clickhouse().query("CREATE TABLE " + topology.table() +
                     " (short_code String, timestamp UInt32, original_url String) ENGINE = "
                     "MergeTree() ORDER BY short_code");
  ClickhouseServer first;
  Environment environment =
      with_hosts(topology, loopback(first.http_port()) + "," + loopback(clickhouse().http_port()));
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "5000";
  Service service(environment);
  REQUIRE(service.wait_consuming(2));
  first.kill();
  publish_backlog(topology, ClickEvents(43), kEvents);
  CHECK(wait_until([&] { return service.count_in_log("has other columns") >= 2; }, seconds(30)));
  first.start();
  CHECK(wait_for_empty_queue(topology));
  CHECK(service.stop() == 0);
  const auto ids = stored_ids(first, topology);
  CHECK(std::set<std::uint64_t>(ids.begin(), ids.end()).size() == kEvents);
  CHECK(topology.rows() == 0);
}

TEST_CASE("failover: of two brokers the one that answers is used") {
  TestTopology topology("brokers");
  topology.declare_topology();
  Environment environment = topology.environment();
  const std::string down = loopback(free_port());
  environment["RABBITMQ_URL"] = "amqp://guest:guest@" + down + "/," + rabbitmq().url();
  Service service(environment);
  REQUIRE(service.wait_consuming(2));
  publish_backlog(topology, ClickEvents(44), 1000);
  CHECK(wait_until([&] { return topology.distinct_events() == 1000; }, seconds(20)));
  CHECK(service.count_in_log("cannot connect to RabbitMQ " + down) == 2);
  CHECK(service.stop() == 0);
}

TEST_CASE("failover: when every server is away the start ends with 69") {
  TestTopology topology("all_down");
  const std::string one = loopback(free_port()), two = loopback(free_port());
  Environment no_broker = topology.environment();
  no_broker["RABBITMQ_URL"] = "amqp://" + one + ",amqp://" + two;
  for (Environment environment : {no_broker, with_hosts(topology, one + "," + two)}) {
    environment["EVENT_CONSUMER_START_TIMEOUT"] = "2";
    Service service(environment);
    CHECK(service.wait_exit_status(seconds(20)) == 69);
    CHECK(service.count_in_log(one) > 0);
    CHECK(service.count_in_log(two) > 0);
  }
}

}  // namespace event_consumer::testing
