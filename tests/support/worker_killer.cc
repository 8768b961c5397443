#include "tests/support/worker_killer.h"

#include <signal.h>

#include <algorithm>
#include <vector>

#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Lets a random time pass, up to `most`.
void pass_some_time(std::mt19937& random, milliseconds most) {
  const auto end =
      Clock::now() + milliseconds(std::uniform_int_distribution<int>(0, most.count())(random));
  wait_until([&] { return Clock::now() >= end; }, most + seconds(1));
}

}  // namespace

bool kill_workers(const Service& service, std::size_t workers, int times,
                  milliseconds longest_pause, std::mt19937& random) {
  for (int i = 0; i < times; ++i) {
    pass_some_time(random, longest_pause);
    const std::vector<pid_t> before = service.workers();
    if (before.size() != workers) return false;
    const pid_t victim = before[random() % before.size()];
    kill(victim, SIGKILL);
    const auto is_replaced = [&] {
      const std::vector<pid_t> now = service.workers();
      return now.size() == workers && std::find(now.begin(), now.end(), victim) == now.end();
    };
    if (!wait_until(is_replaced, seconds(20))) return false;
  }
  return true;
}

}  // namespace event_consumer::testing
