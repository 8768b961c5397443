#include "common/poll_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/supervisor/process_tools.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Each in a child, as a PollLoop blocks the signals of its thread for good. The exit status of the
// child is the number of the first line of it that did not hold, 0 if all did.
#define HOLDS(condition) \
  if (!(condition)) return __LINE__ % 256

TEST_CASE("poll loop: signals that came before it sleeps wake it", "[poll_loop]") {
  CHECK(exit_status_in_child([] {
          Result<PollLoop> loop = PollLoop::open(all_signals_but_defects());
          HOLDS(loop.ok());
          for (int signal : {SIGTERM, SIGHUP, SIGPIPE, SIGTSTP, SIGRTMIN}) kill(getpid(), signal);
          const auto events = loop->wait({}, Clock::now() + seconds(10));
          HOLDS(events.ok());
          const std::vector<EventLoop::Signal>& signals = events.value().signals;
          HOLDS(signals.size() == 5);
          HOLDS(signals[0].number == SIGHUP && signals[0].sender == getpid());
          HOLDS(signals[1].number == SIGPIPE && signals[2].number == SIGTERM);
          HOLDS(signals[3].number == SIGTSTP && signals[4].number == SIGRTMIN);
          HOLDS(loop->wait({}, Clock::now()).value().signals.empty());
          return 0;
        }) == 0);
}

TEST_CASE("poll loop: an inherited ignore swallows nothing", "[poll_loop]") {
  CHECK(exit_status_in_child([] {
          signal(SIGCHLD, SIG_IGN);
          signal(SIGTERM, SIG_IGN);
          Result<PollLoop> loop = PollLoop::open(all_signals_but_defects());
          kill(getpid(), SIGTERM);
          if (fork() == 0) _exit(0);
          bool term = false;
          bool child = false;
          while (!term || !child) {
            const auto events = loop->wait({}, Clock::now() + seconds(10));
            HOLDS(!events.value().signals.empty());
            for (const auto& signal : events.value().signals) {
              term |= signal.number == SIGTERM;
              child |= signal.number == SIGCHLD;
            }
          }
          return 0;
        }) == 0);
}

TEST_CASE("poll loop: says which descriptors have something, or have ended", "[poll_loop]") {
  CHECK(exit_status_in_child([] {
          Result<PollLoop> loop = PollLoop::open(all_signals_but_defects());
          int quiet[2], speaking[2], ended[2];
          HOLDS(pipe(quiet) == 0 && pipe(speaking) == 0 && pipe(ended) == 0);
          HOLDS(write(speaking[1], "x", 1) == 1);
          close(ended[1]);
          const auto events =
              loop->wait({{quiet[0]}, {speaking[0]}, {ended[0]}}, Clock::now() + seconds(10));
          HOLDS((events.value().ready == std::vector<int>{speaking[0], ended[0]}));
          HOLDS(events.value().signals.empty());
          return 0;
        }) == 0);
}

TEST_CASE("poll loop: a descriptor is waited for as it is asked, not otherwise", "[poll_loop]") {
  CHECK(exit_status_in_child([] {
          Result<PollLoop> loop = PollLoop::open(signal_set({SIGTERM}));
          int fds[2];
          HOLDS(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
          const auto is_ready = [&](const Awaited& awaited) {
            return !loop->wait({awaited}, loop->now()).value().ready.empty();
          };
          HOLDS(!is_ready({fds[0]}));
          HOLDS(is_ready({fds[0], /*for_writing=*/true}));
          HOLDS(write(fds[0], "x", 1) == 1);
          HOLDS(is_ready({fds[1]}));
          HOLDS(is_ready({fds[1], /*for_writing=*/true, /*for_reading=*/false}));
          HOLDS(!is_ready({fds[1], false, false}));
          HOLDS(!is_ready({-1, true}));
          return 0;
        }) == 0);
}

TEST_CASE("poll loop: takes the signals of its set and blocks no others", "[poll_loop]") {
  CHECK(exit_status_in_child([] {
          Result<PollLoop> loop = PollLoop::open(signal_set({SIGTERM, SIGCONT}));
          kill(getpid(), SIGTERM);
          const auto events = loop->wait({}, Clock::now() + seconds(10));
          HOLDS(events.value().signals.size() == 1);
          sigset_t mask;
          sigprocmask(SIG_BLOCK, nullptr, &mask);
          HOLDS(sigismember(&mask, SIGCONT) == 1 && sigismember(&mask, SIGHUP) == 0);
          return 0;
        }) == 0);
}

TEST_CASE("poll loop: sleeps until the deadline and no longer", "[poll_loop]") {
  CHECK(exit_status_in_child([] {
          Result<PollLoop> loop = PollLoop::open(all_signals_but_defects());
          const TimePoint deadline = Clock::now() + milliseconds(30);
          const auto events = loop->wait({}, deadline);
          HOLDS(events.ok() && events.value().signals.empty() && events.value().ready.empty());
          HOLDS(Clock::now() >= deadline);
          HOLDS(Clock::now() < deadline + seconds(10));
          return 0;
        }) == 0);
}

TEST_CASE("poll loop: knows the mask before, and leaves signals of defects alone", "[poll_loop]") {
  CHECK(exit_status_in_child([] {
          sigset_t mask;
          sigemptyset(&mask);
          sigaddset(&mask, SIGUSR2);
          sigprocmask(SIG_SETMASK, &mask, nullptr);
          Result<PollLoop> loop = PollLoop::open(all_signals_but_defects());
          HOLDS(sigismember(&loop->mask_before(), SIGUSR2) == 1);
          HOLDS(sigismember(&loop->mask_before(), SIGTERM) == 0);
          sigprocmask(SIG_BLOCK, nullptr, &mask);
          HOLDS(sigismember(&mask, SIGTERM) == 1);
          HOLDS(sigismember(&mask, SIGSEGV) == 0);
          HOLDS(sigismember(&mask, SIGABRT) == 0);
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace event_consumer::testing
