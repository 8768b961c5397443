// What comes back is known again: where inserts are stored once by their tokens, events are, too.
#include <random>

#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/feeder.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"
#include "tests/support/worker_killer.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kFaults = 20;
constexpr std::size_t kWorkers = 3;

}  // namespace

TEST_CASE("ClickHouse 26: workers are killed with -9 in mid-drain, and each event is stored once") {
  TestTopology topology("copies", engine());
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = std::to_string(kWorkers);
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "500";
  environment["EVENT_CONSUMER_BATCH_DELAY"] = "0.1";
  Service service(environment);
  REQUIRE(service.wait_consuming(kWorkers));

  const ClickEvents events(17);
  Feeder feeder(topology, events, 5'000);
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  REQUIRE(kill_workers(service, kWorkers, kFaults, milliseconds(500), random));

  const std::uint64_t published = feeder.stop();
  CHECK(wait_until([&] { return topology.distinct_events() == published; }, seconds(60)));
  const auto is_drained = [&] {
    const auto counts = rabbitmq().queue_counts(topology.queue());
    return counts.ready == 0 && counts.unacknowledged == 0;
  };
  CHECK(wait_until(is_drained, seconds(60)));
  CHECK(topology.rows() == published);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
