// Workers that hang: seen through the fleet, whose act() drives the watchdog.
#include "supervisor/watchdog.h"

#include <signal.h>

#include "tests/supervisor/fleet_by_hand.h"
#include "tests/supervisor/supervisor_run.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

RunOptions with_timeouts(milliseconds worker_timeout, milliseconds start_timeout) {
  RunOptions options;
  options.worker_timeout = worker_timeout;
  options.start_timeout = start_timeout;
  return options;
}

TEST_CASE("fleet: a worker without a sign of life is ended and started anew", "[fleet]") {
  // A script has no way to the scoreboard: to the watchdog it hangs from its start. It may take a
  // while to start, and the watchdog to look, where others want the processor.
  SupervisorRun run("ready; exec sleep 60", with_timeouts(seconds(1), seconds(20)));
  REQUIRE(run.logs("no sign of life for 1.", 2));
  CHECK(run.logs(" s (--worker-timeout), ended by SIGABRT", 2));
  CHECK(run.logs("killed by signal 6 (ABRT) after 1."));
  CHECK(run.logs(" s; restart in "));
  CHECK(run.logs("consumes, ", 2));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
  CHECK(run.left_nothing());
}

TEST_CASE("fleet: one that SIGABRT does not end is killed", "[fleet]") {
  // It is to ignore the signal before it comes.
  SupervisorRun run("trap '' ABRT; ready; exec sleep 60", with_timeouts(seconds(1), seconds(20)));
  REQUIRE(run.logs("ended by SIGABRT"));
  REQUIRE(run.logs("does not end by SIGABRT, killed"));
  CHECK(run.logs("killed by signal 9 (KILL) after "));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
}

constexpr seconds kWorkerTimeout{10};

TEST_CASE("fleet: a worker that is still connecting shows signs of life as any other", "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetByHand by_hand(directory, 1, "echo >" + directory / "up", kWorkerTimeout);
          HOLDS(eventually([&] { return !read_file(directory / "up").empty(); }));
          by_hand.act_every_five_seconds(1);
          HOLDS(by_hand.are_left_alone());
          by_hand.act_every_five_seconds(2);
          HOLDS(by_hand.reap());
          return 0;
        }) == 0);
}

TEST_CASE("fleet: one that SIGABRT does not end has five seconds", "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetByHand by_hand(directory, 1, "trap '' ABRT; printf c >/proc/self/fd/$fd",
                              kWorkerTimeout);
          HOLDS(by_hand.read(0));
          by_hand.act_every_five_seconds(2);
          by_hand.act(seconds(4));
          HOLDS(by_hand.are_left_alone());
          by_hand.act(seconds(1));
          HOLDS(by_hand.reap());
          return 0;
        }) == 0);
}

TEST_CASE("fleet: when the supervisor stood still itself the workers get their time anew",
          "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetByHand by_hand(directory, 1, "printf c >/proc/self/fd/$fd", kWorkerTimeout);
          HOLDS(by_hand.read(0));
          by_hand.act(seconds(3600));
          by_hand.act_every_five_seconds(1);
          HOLDS(by_hand.are_left_alone());
          by_hand.act_every_five_seconds(1);
          HOLDS(by_hand.reap());
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace event_consumer::testing
