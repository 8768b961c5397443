// ClickHouse goes away and comes back. An outage costs time and nothing else.
#include <algorithm>
#include <cstdlib>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/proc.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// However long it lasts: what is tried again and again is not said again and again.
constexpr std::size_t kMostLines = 50;

// A minute; OUTAGE_SECONDS=600 is for those who have the time.
seconds outage() {
  const char* given = std::getenv("OUTAGE_SECONDS");
  return seconds(given == nullptr ? 60 : std::atoi(given));
}

std::uint64_t total_rss(const std::vector<pid_t>& pids) {
  std::uint64_t bytes = 0;
  for (const pid_t pid : pids) bytes += rss_bytes(pid);
  return bytes;
}

void publish_backlog(const TestTopology& topology, const ClickEvents& events, std::uint64_t first,
                     std::uint64_t last) {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, first, last,
                    [&](std::uint64_t id) { return events.json_at(id); });
}

}  // namespace

TEST_CASE("ClickHouse stalls for 90 s over a backlog: links, window and memory stay as they are") {
  TestTopology topology("stall");
  topology.declare_topology();
  const ClickEvents events(21);
  constexpr std::uint64_t kEvents = 150'000;
  publish_backlog(topology, events, 0, 1);
  Service service(topology.environment());
  REQUIRE(wait_until([&] { return topology.rows() == 1; }, seconds(20)));
  const auto workers = service.workers();

  clickhouse().pause();
  publish_backlog(topology, events, 1, kEvents);
  // Both windows fill to the brim: 3 batches of 10 000 each.
  REQUIRE(
      wait_until([&] { return rabbitmq().queue_counts(topology.queue()).unacknowledged == 60'000; },
                 seconds(30)));
  const auto connections = rabbitmq().connections();
  const std::uint64_t rss = total_rss(workers);

  const auto end = Clock::now() + seconds(90);
  while (Clock::now() < end) {
    const auto counts = rabbitmq().queue_counts(topology.queue());
    REQUIRE(counts.unacknowledged == 60'000);
    REQUIRE(total_rss(workers) < rss + (4 << 20));
    wait_until([&] { return Clock::now() >= end; }, seconds(5));
  }
  CHECK(rabbitmq().connections() == connections);
  CHECK(service.workers() == workers);

  clickhouse().resume();
  CHECK(wait_until([&] { return topology.rows() > 1; }, seconds(5)));
  CHECK(wait_until([&] { return topology.distinct_events() == kEvents; }, seconds(30)));
  CHECK(rabbitmq().connections() == connections);
  CHECK(service.workers() == workers);
  CHECK(service.count_in_log("given back") == 0);
  CHECK(service.count_in_log("\n") < kMostLines);
  INFO("rows " << topology.rows());
  // A post that was abandoned over the stall may have been taken whole: at most one batch each
  // time.
  CHECK(topology.rows() <= kEvents + 2 * 4 * 10'000);
  CHECK(service.stop() == 0);
}

TEST_CASE("ClickHouse is stopped and started again: nothing is lost, the log stays short") {
  TestTopology topology("restart");
  topology.declare_topology();
  const ClickEvents events(22);
  constexpr std::uint64_t kEvents = 100'000;
  Environment environment = topology.environment();
  const int port = serve_status(environment);
  Service service(environment);
  REQUIRE(service.wait_consuming(2));
  publish_backlog(topology, events, 0, kEvents / 2);
  REQUIRE(wait_until([&] { return topology.rows() > 0; }, seconds(10)));
  const auto workers = service.workers();

  clickhouse().stop();
  const auto end = Clock::now() + outage();
  publish_backlog(topology, events, kEvents / 2, kEvents);
  CHECK(wait_until([&] { return get_status_page(port, "/readyz").status == 503; }, seconds(5)));
  wait_until([&] { return Clock::now() >= end; }, outage());
  INFO(service.log());
  CHECK(service.count_in_log("\n") < kMostLines);
  CHECK(get_status_page(port, "/readyz").status == 503);
  CHECK(get_status_page(port, "/livez").status == 200);
  clickhouse().start();

  CHECK(wait_until([&] { return topology.distinct_events() == kEvents; }, seconds(40)));
  CHECK(service.workers() == workers);
  CHECK(wait_until([&] { return get_status_page(port, "/readyz").status == 200; }, seconds(5)));
  CHECK(service.stop() == 0);
}

TEST_CASE("large events during a stall: memory stays bounded, what is too much is given back") {
  TestTopology topology("large");
  topology.declare_topology();
  constexpr std::uint64_t kEvents = 6'000;
  const std::string filler(64 * 1024, 'x');
  const auto body_of = [&](std::uint64_t id) {
    return R"({"short_code": "big", "timestamp": "2025-12-19T10:20:30Z", "user_agent": ")" +
           filler + R"(", "original_url": "https://example.com/?id=)" + std::to_string(id) + "\"}";
  };
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service service(environment);
  REQUIRE(service.wait_consuming(1));
  const auto workers = service.workers();

  clickhouse().pause();
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, kEvents, body_of);
  std::uint64_t highest_rss = 0;
  CHECK(wait_until(
      [&] {
        highest_rss = std::max(highest_rss, total_rss(workers));
        return service.count_in_log("are given back") == 1;
      },
      seconds(30)));
  CHECK(wait_until([&] { return client.message_count(topology.queue()) > kEvents / 2; },
                   seconds(30)));
  highest_rss = std::max(highest_rss, total_rss(workers));
  INFO("highest RSS " << (highest_rss >> 20) << " MiB");
  CHECK(highest_rss < (96u << 20));

  clickhouse().resume();
  CHECK(wait_until([&] { return topology.distinct_events() == kEvents; }, seconds(60)));
  CHECK(service.workers() == workers);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
