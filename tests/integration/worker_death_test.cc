// Workers die, nothing is lost.
#include <signal.h>

#include <algorithm>
#include <random>

#include "tests/support/catch.h"
#include "tests/support/feeder.h"
#include "tests/support/proc.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"
#include "tests/support/worker_killer.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kKills = 50;
constexpr std::uint64_t kBatchRows = 2000;
constexpr std::size_t kWorkers = 2;

}  // namespace

TEST_CASE("a worker killed with -9 in mid-drain, 50 times, is back each time") {
  TestTopology topology("worker_death");
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = std::to_string(kWorkers);
  environment["EVENT_CONSUMER_BATCH_ROWS"] = std::to_string(kBatchRows);
  environment["EVENT_CONSUMER_BATCH_DELAY"] = "0.2";
  Service service(environment);
  REQUIRE(service.wait_consuming(kWorkers));

  const ClickEvents events(11);
  Feeder feeder(topology, events, 10'000);
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  REQUIRE(kill_workers(service, kWorkers, kKills, milliseconds(800), random));

  const std::uint64_t published = feeder.stop();
  CHECK(wait_until([&] { return topology.distinct_events() == published; }, seconds(60)));
  const std::uint64_t rows = topology.rows();
  INFO("published " << published << ", rows " << rows);
  CHECK(rows - published <= kKills * kBatchRows);
  CHECK(service.stop() == 0);
}

TEST_CASE("workers of a supervisor killed with -9 finish their work and leave") {
  TestTopology topology("supervisor_death");
  topology.declare_topology();
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  const ClickEvents events(12);
  Feeder feeder(topology, events, 5'000);
  REQUIRE(wait_until([&] { return topology.rows() > 0; }, seconds(10)));

  const auto workers = service.workers();
  REQUIRE(workers.size() == 2);
  service.send(SIGKILL);
  CHECK(wait_until(
      [&] {
        return std::none_of(workers.begin(), workers.end(),
                            [](pid_t pid) { return is_alive(pid); });
      },
      seconds(10)));
  const std::uint64_t published = feeder.stop();

  const auto ids = topology.stored_ids();
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
  CHECK(ids.size() + AmqpClient(rabbitmq().url()).message_count(topology.queue()) == published);
}

}  // namespace event_consumer::testing
