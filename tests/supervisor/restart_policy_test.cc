#include "supervisor/restart_policy.h"

#include <csignal>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Death exited(int status) { return {Death::Kind::kExited, status}; }
constexpr Death killed(int signal) { return {Death::Kind::kKilled, signal}; }
constexpr Death kNotStarted = {Death::Kind::kNotStarted, 0};

constexpr TimePoint kStart = TimePoint(std::chrono::hours(1));

TEST_CASE("blame: by exit status", "[restart_policy]") {
  const bool had_consumed = GENERATE(false, true);
  CHECK(blame_for(exited(64), had_consumed) == Blame::kUsage);
  CHECK(blame_for(exited(69), had_consumed) == Blame::kServer);
  CHECK(blame_for(exited(70), had_consumed) == Blame::kInternal);
  CHECK(blame_for(exited(78), had_consumed) == Blame::kConfiguration);
  for (int status : {1, 2, 65, 126, 127, 255})
    CHECK(blame_for(exited(status), had_consumed) == Blame::kInternal);
  CHECK(blame_for(kNotStarted, had_consumed) == Blame::kInternal);
}

TEST_CASE("blame: a worker that had consumed and ends unasked did nothing wrong",
          "[restart_policy]") {
  CHECK(blame_for(exited(0), true) == Blame::kNobody);
  CHECK(blame_for(exited(0), false) == Blame::kServer);
}

TEST_CASE("blame: by signal", "[restart_policy]") {
  for (int signal : {SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGALRM}) {
    CHECK(blame_for(killed(signal), true) == Blame::kNobody);
    CHECK(blame_for(killed(signal), false) == Blame::kServer);
  }
  for (int signal :
       {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP, SIGPIPE, SIGXCPU, SIGXFSZ}) {
    CHECK(blame_for(killed(signal), true) == Blame::kInternal);
    CHECK(blame_for(killed(signal), false) == Blame::kInternal);
  }
}

// Whether `delay` is a draw from the step of this length.
bool is_drawn_from(Duration step, Duration delay) { return delay >= step / 2 && delay <= step; }

TEST_CASE("restart delay: doubles with each fault, up to the longest", "[restart_policy]") {
  const Blame blame = GENERATE(Blame::kServer, Blame::kInternal);
  RestartPolicy policy(GENERATE(1, 2, 3));
  for (int step : {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000})
    CHECK(is_drawn_from(milliseconds(step), policy.delay_after(blame, std::nullopt, false)));
}

TEST_CASE("restart delay: a short life of consuming forgives nothing", "[restart_policy]") {
  RestartPolicy policy(1);
  for (int step : {100, 200, 400})
    CHECK(is_drawn_from(milliseconds(step),
                        policy.delay_after(Blame::kInternal, seconds(60) - milliseconds(1), true)));
}

TEST_CASE("restart delay: a healthy minute forgives all", "[restart_policy]") {
  RestartPolicy policy(1);
  for (int i = 0; i < 20; ++i) policy.delay_after(Blame::kInternal, std::nullopt, true);
  CHECK(is_drawn_from(milliseconds(100), policy.delay_after(Blame::kInternal, seconds(60), true)));
  CHECK(is_drawn_from(milliseconds(200), policy.delay_after(Blame::kInternal, std::nullopt, true)));
}

TEST_CASE("restart delay: where nobody is to blame it is the first and doubles nothing",
          "[restart_policy]") {
  RestartPolicy policy(1);
  CHECK(is_drawn_from(milliseconds(100), policy.delay_after(Blame::kServer, std::nullopt, true)));
  for (int i = 0; i < 50; ++i)
    CHECK(is_drawn_from(milliseconds(100), policy.delay_after(Blame::kNobody, seconds(1), true)));
  CHECK(is_drawn_from(milliseconds(200), policy.delay_after(Blame::kServer, std::nullopt, true)));
}

TEST_CASE("restart delay: what only people can cure waits the longest, once somebody consumed",
          "[restart_policy]") {
  const Blame blame = GENERATE(Blame::kConfiguration, Blame::kUsage);
  RestartPolicy policy(1);
  CHECK(is_drawn_from(milliseconds(100), policy.delay_after(blame, std::nullopt, false)));
  CHECK(is_drawn_from(milliseconds(200), policy.delay_after(blame, std::nullopt, false)));
  for (int i = 0; i < 5; ++i)
    CHECK(is_drawn_from(seconds(30), policy.delay_after(blame, seconds(1), true)));
  CHECK(is_drawn_from(milliseconds(400), policy.delay_after(Blame::kServer, std::nullopt, true)));
}

TEST_CASE("restart delay: workers that die together do not come back together",
          "[restart_policy]") {
  RestartPolicy one;
  RestartPolicy other;
  CHECK(one.delay_after(Blame::kNobody, seconds(1), true) !=
        other.delay_after(Blame::kNobody, seconds(1), true));
}

TEST_CASE("start watch: gives up with 69 when nothing died", "[restart_policy]") {
  StartWatch watch(kStart, seconds(60));
  CHECK(watch.deadline() == kStart + seconds(60));
  CHECK_FALSE(watch.has_consumed());
  CHECK(watch.give_up_status() == ExitCode::kUnavailable);
}

TEST_CASE("start watch: gives up by the latest death", "[restart_policy]") {
  StartWatch watch(kStart, seconds(60));
  CHECK_FALSE(watch.died(Blame::kServer));
  CHECK(watch.give_up_status() == ExitCode::kUnavailable);
  CHECK_FALSE(watch.died(Blame::kConfiguration));
  CHECK(watch.give_up_status() == ExitCode::kConfiguration);
  CHECK_FALSE(watch.died(Blame::kInternal));
  CHECK(watch.give_up_status() == ExitCode::kInternal);
  CHECK_FALSE(watch.died(Blame::kServer));
  CHECK(watch.give_up_status() == ExitCode::kUnavailable);
}

TEST_CASE("start watch: refused options end the instance at once, until it has consumed",
          "[restart_policy]") {
  StartWatch watch(kStart, seconds(60));
  CHECK(watch.died(Blame::kUsage) == ExitCode::kUsage);
  CHECK(watch.give_up_status() == ExitCode::kUsage);
  watch.consumed();
  CHECK_FALSE(watch.died(Blame::kUsage));
}

TEST_CASE("start watch: once consumed it never gives up", "[restart_policy]") {
  StartWatch watch(kStart, seconds(60));
  watch.consumed();
  CHECK(watch.has_consumed());
  CHECK_FALSE(watch.deadline());
  for (Blame blame :
       {Blame::kNobody, Blame::kServer, Blame::kConfiguration, Blame::kUsage, Blame::kInternal}) {
    CHECK_FALSE(watch.died(blame));
    CHECK_FALSE(watch.deadline());
  }
}

}  // namespace
}  // namespace event_consumer
