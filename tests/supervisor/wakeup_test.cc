#include "supervisor/wakeup.h"

#include <unistd.h>

#include "tests/supervisor/process_tools.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Each in a child, as a Wakeup blocks the signals of its process for good. The exit status of the
// child is the number of the first line of it that did not hold, 0 if all did.
#define HOLDS(condition) \
  if (!(condition)) return __LINE__ % 256

TEST_CASE("wakeup: signals that came before it sleeps wake it", "[wakeup]") {
  CHECK(exit_status_in_child([] {
          Result<Wakeup> wakeup = Wakeup::open();
          HOLDS(wakeup.ok());
          for (int signal : {SIGTERM, SIGHUP, SIGPIPE, SIGTSTP, SIGRTMIN}) kill(getpid(), signal);
          const auto events = wakeup->wait({}, Clock::now() + seconds(10));
          HOLDS(events.ok());
          const std::vector<Wakeup::Signal>& signals = events.value().signals;
          HOLDS(signals.size() == 5);
          HOLDS(signals[0].number == SIGHUP && signals[0].sender == getpid());
          HOLDS(signals[1].number == SIGPIPE && signals[2].number == SIGTERM);
          HOLDS(signals[3].number == SIGTSTP && signals[4].number == SIGRTMIN);
          HOLDS(wakeup->wait({}, Clock::now()).value().signals.empty());
          return 0;
        }) == 0);
}

TEST_CASE("wakeup: an inherited ignore swallows nothing", "[wakeup]") {
  CHECK(exit_status_in_child([] {
          signal(SIGCHLD, SIG_IGN);
          signal(SIGTERM, SIG_IGN);
          Result<Wakeup> wakeup = Wakeup::open();
          kill(getpid(), SIGTERM);
          if (fork() == 0) _exit(0);
          bool term = false;
          bool child = false;
          while (!term || !child) {
            const auto events = wakeup->wait({}, Clock::now() + seconds(10));
            HOLDS(!events.value().signals.empty());
            for (const auto& signal : events.value().signals) {
              term |= signal.number == SIGTERM;
              child |= signal.number == SIGCHLD;
            }
          }
          return 0;
        }) == 0);
}

TEST_CASE("wakeup: says which descriptors have something, or have ended", "[wakeup]") {
  CHECK(exit_status_in_child([] {
          Result<Wakeup> wakeup = Wakeup::open();
          int quiet[2], speaking[2], ended[2];
          HOLDS(pipe(quiet) == 0 && pipe(speaking) == 0 && pipe(ended) == 0);
          HOLDS(write(speaking[1], "x", 1) == 1);
          close(ended[1]);
          const auto events =
              wakeup->wait({quiet[0], speaking[0], ended[0]}, Clock::now() + seconds(10));
          HOLDS((events.value().readable == std::vector<int>{speaking[0], ended[0]}));
          HOLDS(events.value().signals.empty());
          return 0;
        }) == 0);
}

TEST_CASE("wakeup: sleeps until the deadline and no longer", "[wakeup]") {
  CHECK(exit_status_in_child([] {
          Result<Wakeup> wakeup = Wakeup::open();
          const TimePoint deadline = Clock::now() + milliseconds(30);
          const auto events = wakeup->wait({}, deadline);
          HOLDS(events.ok() && events.value().signals.empty() && events.value().readable.empty());
          HOLDS(Clock::now() >= deadline);
          HOLDS(Clock::now() < deadline + seconds(10));
          return 0;
        }) == 0);
}

TEST_CASE("wakeup: knows the mask before, and leaves signals of defects alone", "[wakeup]") {
  CHECK(exit_status_in_child([] {
          sigset_t mask;
          sigemptyset(&mask);
          sigaddset(&mask, SIGUSR2);
          sigprocmask(SIG_SETMASK, &mask, nullptr);
          Result<Wakeup> wakeup = Wakeup::open();
          HOLDS(sigismember(&wakeup->mask_before(), SIGUSR2) == 1);
          HOLDS(sigismember(&wakeup->mask_before(), SIGTERM) == 0);
          sigprocmask(SIG_BLOCK, nullptr, &mask);
          HOLDS(sigismember(&mask, SIGTERM) == 1);
          HOLDS(sigismember(&mask, SIGSEGV) == 0);
          HOLDS(sigismember(&mask, SIGABRT) == 0);
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace event_consumer::testing
