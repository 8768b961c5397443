// A graceful stop under load, at any moment: nothing is lost, nothing comes twice.
#include <signal.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kStops = 50;
constexpr std::uint64_t kEventsPerStop = 20'000;

std::uint64_t id_in(const std::string& body) {
  const auto at = body.rfind("id=");
  return std::stoull(body.substr(at + 3));
}

// Takes everything off the queue and returns the ids.
std::set<std::uint64_t> take_ids(AmqpClient& client, const std::string& queue) {
  std::set<std::uint64_t> ids;
  while (const auto message = client.get(queue)) ids.insert(id_in(message->body));
  return ids;
}

}  // namespace

TEST_CASE("SIGTERM under full load, 50 times: exit 0 at once, every event stored or in the queue") {
  TestTopology topology("stop");
  topology.declare_topology();
  const ClickEvents events(31);
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "1000";
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);

  std::uint64_t taken_back = 0;
  std::uint64_t first = 0;
  for (int i = 0; i < kStops; ++i, first += kEventsPerStop) {
    publish_confirmed(client, topology, first, first + kEventsPerStop,
                      [&](std::uint64_t id) { return events.json_at(id); });
    Service service(environment);
    REQUIRE(service.wait_consuming(1));
    const auto moment =
        Clock::now() + milliseconds(std::uniform_int_distribution<int>(0, 250)(random));
    wait_until([&] { return Clock::now() >= moment; }, seconds(1));
    CHECK(service.stop(seconds(5)) == 0);

    const auto queued = take_ids(client, topology.queue());
    taken_back += queued.size();
    const auto stored_ids = topology.stored_ids(first);
    const std::set<std::uint64_t> stored(stored_ids.begin(), stored_ids.end());
    INFO("stop " << i << ": " << stored.size() << " stored, " << queued.size() << " in the queue");
    REQUIRE(stored_ids.size() == stored.size());
    REQUIRE(stored.size() + queued.size() == kEventsPerStop);
    const bool disjoint = std::none_of(queued.begin(), queued.end(),
                                       [&](std::uint64_t id) { return stored.count(id) > 0; });
    REQUIRE(disjoint);
  }
  // Otherwise no stop ever came under load, and nothing was tested.
  CHECK(taken_back > 0);
}

TEST_CASE("a stop while ClickHouse is away gives everything back within the stop timeout") {
  TestTopology topology("stop_without_clickhouse");
  topology.declare_topology();
  const ClickEvents events(32);
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_STOP_TIMEOUT"] = "6";
  Service service(environment);
  REQUIRE(service.wait_consuming(2));
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();

  SECTION("it does not answer") { clickhouse().pause(); }
  SECTION("it is not there") { clickhouse().stop(); }
  publish_confirmed(client, topology, 0, 5'000,
                    [&](std::uint64_t id) { return events.json_at(id); });
  CHECK(wait_until([&] { return client.message_count(topology.queue()) == 0; }, seconds(10)));
  const auto status = service.stop(seconds(6));
  clickhouse().resume();
  if (clickhouse().end_status()) clickhouse().start();
  CHECK(status == 0);
  // A broker gives back what a closed connection had in its own time.
  CHECK(
      wait_until([&] { return client.message_count(topology.queue()) + topology.rows() >= 5'000; },
                 seconds(10)));
  INFO(service.log());
  CHECK(service.count_in_log(" 0 had to be killed") == 1);
}

}  // namespace event_consumer::testing
