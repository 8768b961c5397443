// What comes between two steps of a turn of the loop, or late.
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "tests/supervisor/fleet_by_hand.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr seconds kWorkerTimeout{600};

// Consumes at once, until the directory has this file.
std::string consumes_unless_mute(const PrivateDirectory& directory) {
  return "[ -e " + directory / "mute" + " ] || printf c >/proc/self/fd/$fd";
}

TEST_CASE("fleet: a replacement that consumes just as it is killed for taking too long fails",
          "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetByHand by_hand(directory, 1, consumes_unless_mute(directory), kWorkerTimeout);
          HOLDS(by_hand.read(0));
          by_hand.reload();
          HOLDS(by_hand.has_spoken(1));
          by_hand.act(seconds(41));
          HOLDS(by_hand.reap());
          HOLDS(by_hand.record().failed_reloads == 1);
          HOLDS(!by_hand.fleet().reloading());
          HOLDS(by_hand.are_left_alone());
          return 0;
        }) == 0);
}

TEST_CASE("fleet: who was started with the options of before belongs to those", "[fleet]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          FleetByHand by_hand(directory, 2, consumes_unless_mute(directory), kWorkerTimeout);
          HOLDS(by_hand.read(0));
          HOLDS(by_hand.read(1));
          by_hand.reload();
          HOLDS(by_hand.read(1));
          HOLDS(by_hand.reap());  // worker 1
          std::ofstream(directory / "mute") << "yes";
          by_hand.act();
          // Of slot 1 the successor, of slot 2 both.
          const std::vector<pid_t> all = children_of(getpid());
          HOLDS(all.size() == 3);
          kill(all.at(2), SIGKILL);
          HOLDS(by_hand.reap());
          HOLDS(by_hand.record().failed_reloads == 1);
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
