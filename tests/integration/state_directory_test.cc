// The directory in which the ledger outlives all processes: what is wrong with it costs no event.
#include <signal.h>
#include <sys/wait.h>

#include "tests/support/catch.h"
#include "tests/support/clickhouse_server.h"
#include "tests/support/service.h"
#include "tests/support/small_disk.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

using std::chrono::seconds;

TEST_CASE(
    "there is no room in the state directory: events go on, and the log says what that costs") {
  if (!own_disks_are_possible()) {
    WARN("left out: only root may mount the small disk that this needs");
    return;
  }
  // Too small for what all share; and for what each worker needs.
  const auto [size, words] = GENERATE(table<std::string, std::string>({
      {"1m", "ledger: fallocate: No space left on device; what comes back may be stored twice"},
      {"4m", ": No space left on device; what comes back may be stored twice"},
  }));
  CAPTURE(size);
  TestTopology topology("small_state");
  topology.declare_topology();
  const PrivateDirectory scripts("scripts");
  const PrivateDirectory state("state");
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_STATE_DIRECTORY"] = state.path();
  Service service(environment, {}, with_disk(scripts, state.path(), size));
  REQUIRE(service.wait_consuming(2));
  publish_click_events(topology, 0, 20'000);
  CHECK(wait_until([&] { return topology.distinct_events() == 20'000; }, seconds(30)));
  INFO(service.log());
  CHECK(service.count_in_log(words) == 2);  // workers
  CHECK(service.count_in_log("exited with") == 0);
  CHECK(service.stop() == 0);
}

TEST_CASE("another state directory at a reload: it stays until the service is started again") {
  TestTopology topology("moved_state");
  topology.declare_topology();
  const PrivateDirectory state("state");
  const std::string file = state.path() + "/options.conf";
  write_file(file, "EVENT_CONSUMER_STATE_DIRECTORY=" + state.path() + "\n");
  Service service(topology.environment(), {"--config", file});
  REQUIRE(service.wait_consuming(2));
  write_file(file, "EVENT_CONSUMER_STATE_DIRECTORY=/elsewhere\n");
  service.send(SIGHUP);
  CHECK(wait_until([&] { return service.count_in_log("reloaded: ") == 1; }, seconds(20)));
  CHECK(service.count_in_log("the state directory stays '" + state.path() + "' until") == 1);
  service.send(SIGHUP);
  CHECK(wait_until([&] { return service.count_in_log("reloaded: ") == 2; }, seconds(20)));
  CHECK(service.count_in_log("the state directory stays '" + state.path() + "' until") == 2);

  const Finished second =
      run_program(topology.environment(), {"--config", file, "--state-directory", state.path()});
  CHECK(WEXITSTATUS(second.status) == 69);
  CHECK(second.error_output.find(state.path() + "/ledger is in use") != std::string::npos);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
