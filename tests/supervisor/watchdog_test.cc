// Workers that hang: seen through the fleet, whose act() drives the watchdog.
#include "supervisor/watchdog.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "supervisor/fleet.h"
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

// A fleet of one worker, to be used in a process of its own, with times as they are handed in. The
// worker timeout is 10 s, the start timeout 40 s.
class FleetOfOne {
 public:
  // `script` is the beginning of the worker's; $fd is the pipe.
  FleetOfOne(const PrivateDirectory& directory, const std::string& script)
      : pong_(directory / "pong"),
        config_{1,
                seconds(40),
                seconds(20),
                seconds(10),
                directory.write_script("worker", "trap 'echo >>" + pong_ + "' USR1\n" +
                                                     "fd=${2#--ready-fd=}; " + script +
                                                     "; while :; do sleep 0.01; done"),
                {"PATH=/usr/bin:/bin"}},
        scoreboard_writer_(std::move(*Scoreboard::create())),
        fleet_(config_, no_signals(), scoreboard_writer_, STDERR_FILENO, now_) {
    log::set_level(log::Level::critical);
    fleet_.act(now_);
  }

  // Waits for the first message on the pipe.
  bool is_up() {
    const int fd = fleet_.awaited().at(0).fd;
    pollfd polled{fd, POLLIN, 0};
    const bool up = poll(&polled, 1, 20'000) == 1;
    fleet_.read_message(fd, now_);
    return up;
  }

  void step(Duration step) { fleet_.act(now_ += step); }
  void steps_of_five(int count) {
    for (int i = 0; i < count; ++i) step(seconds(5));
  }

  // Whether its process ends soon, or has ended.
  static bool is_ended() {
    return eventually([] { return reap_child().has_value(); });
  }
  // A SIGABRT on its way would come before the answer.
  bool is_left_alone() const {
    const std::string before = read_file(pong_);
    for (const pid_t worker : children_of(getpid())) kill(worker, SIGUSR1);
    return eventually([&] { return read_file(pong_) != before; });
  }

 private:
  static sigset_t no_signals() {
    sigset_t none;
    sigemptyset(&none);
    return none;
  }

  std::string pong_;
  SupervisorConfig config_;
  ScoreboardWriter scoreboard_writer_;
  TimePoint now_ = Clock::now();
  Fleet fleet_;
};

TEST_CASE("fleet: a worker that is still connecting shows signs of life as any other", "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetOfOne fleet(directory, "printf r >/proc/self/fd/$fd");
          if (!fleet.is_up()) return 1;
          fleet.steps_of_five(1);
          if (!fleet.is_left_alone()) return 2;
          fleet.steps_of_five(2);
          return fleet.is_ended() ? 0 : 3;
        }) == 0);
}

TEST_CASE("fleet: one that SIGABRT does not end has five seconds", "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetOfOne fleet(directory, "trap '' ABRT; printf c >/proc/self/fd/$fd");
          if (!fleet.is_up()) return 1;
          fleet.steps_of_five(2);
          fleet.step(seconds(4));
          if (!fleet.is_left_alone()) return 2;
          fleet.step(seconds(1));
          return fleet.is_ended() ? 0 : 3;
        }) == 0);
}

TEST_CASE("fleet: when the supervisor stood still itself the workers get their time anew",
          "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetOfOne fleet(directory, "printf c >/proc/self/fd/$fd");
          if (!fleet.is_up()) return 1;
          fleet.step(seconds(3600));
          fleet.steps_of_five(1);
          if (!fleet.is_left_alone()) return 2;
          fleet.steps_of_five(1);
          return fleet.is_ended() ? 0 : 3;
        }) == 0);
}

}  // namespace
}  // namespace event_consumer::testing
