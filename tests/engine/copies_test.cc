// What comes back is known again: where inserts are stored once by their tokens, events are, too.
#include <signal.h>

#include <memory>
#include <random>

#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/clickhouse_server.h"
#include "tests/support/feeder.h"
#include "tests/support/service.h"
#include "tests/support/small_disk.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"
#include "tests/support/worker_killer.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kFaults = 20;
constexpr std::size_t kWorkers = 3;

Environment environment_of(const TestTopology& topology) {
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = std::to_string(kWorkers);
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "500";
  environment["EVENT_CONSUMER_BATCH_DELAY"] = "0.1";
  return environment;
}

void check_that_each_is_stored_once(const TestTopology& topology, std::uint64_t published) {
  CHECK(wait_until([&] { return topology.distinct_events() == published; }, seconds(60)));
  const auto is_drained = [&] {
    const auto counts = rabbitmq().queue_counts(topology.queue());
    return counts.ready == 0 && counts.unacknowledged == 0;
  };
  CHECK(wait_until(is_drained, seconds(60)));
  CHECK(topology.rows() == published);
}

}  // namespace

TEST_CASE("ClickHouse 26: workers are killed with -9 in mid-drain, and each event is stored once") {
  TestTopology topology("copies", engine());
  topology.declare_topology();
  Service service(environment_of(topology));
  REQUIRE(service.wait_consuming(kWorkers));

  const ClickEvents events(17);
  Feeder feeder(topology, events, 5'000);
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  REQUIRE(kill_workers(service, kWorkers, kFaults, milliseconds(500), random));

  check_that_each_is_stored_once(topology, feeder.stop());
  CHECK(service.stop() == 0);
}

TEST_CASE("ClickHouse 26: all processes are killed with -9, and each event is stored once") {
  TestTopology topology("all_die", engine());
  topology.declare_topology();
  const PrivateDirectory state("state");
  Environment environment = environment_of(topology);
  environment["EVENT_CONSUMER_STATE_DIRECTORY"] = state.path();
  auto service = std::make_unique<Service>(environment);
  const ClickEvents events(18);
  Feeder feeder(topology, events, 5'000);
  for (int round = 0; round < 5; ++round) {
    REQUIRE(service->wait_consuming(kWorkers));
    const std::uint64_t stored = topology.rows();
    REQUIRE(wait_until([&] { return topology.rows() >= stored + 3'000; }, seconds(20)));
    service.reset();  // kills the supervisor and all that it has started
    service = std::make_unique<Service>(environment);
  }
  check_that_each_is_stored_once(topology, feeder.stop());
  CHECK(service->count_in_log("; each event once (") >= kWorkers);
  CHECK(service->stop() == 0);
}

TEST_CASE("ClickHouse 26: a state directory that comes with a reload promises nothing yet") {
  TestTopology topology("late_state", engine());
  topology.declare_topology();
  const PrivateDirectory state("state");
  const std::string file = state.path() + "/options.conf";
  write_file(file, "");
  Service service(topology.environment(), {"--config", file});
  REQUIRE(service.wait_consuming(2));
  write_file(file, "EVENT_CONSUMER_STATE_DIRECTORY=" + state.path() + "\n");
  service.send(SIGHUP);
  REQUIRE(wait_until([&] { return service.count_in_log("reloaded: ") == 1; }, seconds(20)));
  CHECK(service.count_in_log("; each event once, unless all processes die together (") == 4);
  CHECK(service.count_in_log("; each event once (") == 0);
  CHECK(service.stop() == 0);
}

TEST_CASE("ClickHouse 26: where the ledger has no room «each event once» is not claimed") {
  if (!own_disks_are_possible()) {
    WARN("left out: only root may mount the small disk that this needs");
    return;
  }
  TestTopology topology("no_room", engine());
  topology.declare_topology();
  const PrivateDirectory scripts("scripts");
  const PrivateDirectory state("state");
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_STATE_DIRECTORY"] = state.path();
  Service service(environment, {}, with_disk(scripts, state.path(), "1m"));
  REQUIRE(service.wait_consuming(2));
  CHECK(service.count_in_log("; at least once (") == 2);
  CHECK(service.count_in_log("; each event once") == 0);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
