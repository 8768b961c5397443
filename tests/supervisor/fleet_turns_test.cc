// What comes between two steps of a turn of the loop, or late: with real processes, but each step
// and the times by hand, in a process of its own.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "supervisor/fleet.h"
#include "tests/supervisor/process_tools.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// A fleet whose workers consume at once, until mute(). The start timeout is 40 s.
class FleetByHand {
 public:
  FleetByHand(const PrivateDirectory& directory, int workers)
      : mute_(directory / "mute"),
        pong_(directory / "pong"),
        config_{workers,
                seconds(40),
                seconds(20),
                seconds(600),
                directory.write_script("worker", "trap 'echo >>" + pong_ + "' USR1\n" + "[ -e " +
                                                     mute_ + " ] || " +
                                                     "printf c >/proc/self/fd/${2#--ready-fd=}\n" +
                                                     "while :; do sleep 0.01; done"),
                {"PATH=/usr/bin:/bin"}},
        writer_(std::move(*Scoreboard::create())),
        fleet_(config_, no_signals(), writer_, STDERR_FILENO, now_) {
    log::set_level(log::Level::critical);
    act();
    for (int worker = 0; worker < workers; ++worker) read(worker);
  }

  // Those that are started from here on do not consume.
  void mute() const { std::ofstream(mute_) << "yes"; }
  void act(Duration step = seconds(0)) { fleet_.act(now_ += step); }
  void reload() {
    ++writer_.record().reloads;
    fleet_.reload(config_, now_);
    act();
  }
  // Waits for the message of a worker, by its place among all.
  bool has_spoken(int worker) {
    pollfd polled{fleet_.awaited().at(static_cast<std::size_t>(worker)).fd, POLLIN, 0};
    return poll(&polled, 1, 20'000) == 1;
  }
  void read(int worker) {
    has_spoken(worker);
    fleet_.read_message(fleet_.awaited().at(static_cast<std::size_t>(worker)).fd, now_);
  }
  // Waits for the end of a worker.
  bool reap() {
    std::optional<EndedChild> ended;
    return eventually([&] { return (ended = reap_child()).has_value(); }) &&
           fleet_.ended(*ended, now_);
  }

  // A signal that was sent to one of the workers before would come before the answer.
  bool are_left_alone() const {
    const std::string before = read_file(pong_);
    const std::size_t all = children_of(getpid()).size();
    for (const pid_t worker : children_of(getpid())) kill(worker, SIGUSR1);
    return eventually([&] { return read_file(pong_).size() == before.size() + all; });
  }

  const Fleet& fleet() const { return fleet_; }
  ScoreboardWriter& writer() { return writer_; }
  std::uint64_t generation(RowAddress address) const {
    return writer_.board().row(address).record.read().generation;
  }

 private:
  static sigset_t no_signals() {
    sigset_t none;
    sigemptyset(&none);
    return none;
  }

  std::string mute_;
  std::string pong_;
  SupervisorConfig config_;
  ScoreboardWriter writer_;
  TimePoint now_ = Clock::now();
  Fleet fleet_;
};

#define HOLDS(condition) \
  if (!(condition)) return __LINE__ % 256

TEST_CASE("fleet: a replacement that consumes just as it is killed for taking too long fails",
          "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetByHand by_hand(directory, 1);
          by_hand.reload();
          HOLDS(by_hand.has_spoken(1));
          by_hand.act(seconds(41));
          HOLDS(by_hand.reap());
          HOLDS(by_hand.writer().record().failed_reloads == 1);
          HOLDS(!by_hand.fleet().reloading());
          HOLDS(by_hand.are_left_alone());
          return 0;
        }) == 0);
}

TEST_CASE("fleet: who was started with the options of before belongs to those", "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetByHand by_hand(directory, 2);
          by_hand.reload();
          by_hand.read(1);
          HOLDS(by_hand.reap());  // worker 1
          by_hand.mute();
          by_hand.act();
          // Of slot 1 the successor, of slot 2 both.
          const std::vector<pid_t> all = children_of(getpid());
          HOLDS(all.size() == 3);
          kill(all.at(2), SIGKILL);
          HOLDS(by_hand.reap());
          HOLDS(by_hand.writer().record().failed_reloads == 1);
          kill(children_of(getpid()).at(0), SIGKILL);
          HOLDS(by_hand.reap());
          by_hand.act(seconds(1));
          HOLDS(children_of(getpid()).size() == 2);
          HOLDS(by_hand.generation({1, 1}) == 1);
          HOLDS(by_hand.generation({2, 0}) == 0);
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace event_consumer::testing
