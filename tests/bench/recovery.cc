#include "tests/bench/recovery.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/click_events.h"
#include "tests/support/feeder.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kKills = 50;
constexpr std::size_t kWorkers = 3;
constexpr unsigned kEventsPerSecond = 5'000;

// The processes that have inserted, as /status says.
std::set<pid_t> inserters(int port) {
  static const std::regex process(
      R"re("pid":(\d+),"state":[^}]*"last_insert_seconds_ago":[\d.])re");
  const std::string status = get_status_page(port, "/status").content;
  std::set<pid_t> pids;
  for (std::sregex_iterator found(status.begin(), status.end(), process), end; found != end;
       ++found)
    pids.insert(std::stoi((*found)[1]));
  return pids;
}

// Waits until all workers have inserted, of which none is `dead`.
void wait_for_inserts(int port, pid_t dead) {
  const auto all_insert = [&] {
    const auto pids = inserters(port);
    return pids.size() == kWorkers && pids.count(dead) == 0;
  };
  if (!wait_until(all_insert, seconds(30)))
    throw std::runtime_error("not every worker inserts:\n" +
                             get_status_page(port, "/status").content);
}

}  // namespace

void show_recovery() {
  TestTopology topology("recovery");
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = std::to_string(kWorkers);
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "500";
  environment["EVENT_CONSUMER_BATCH_DELAY"] = "0.1";
  const int port = serve_status(environment);
  Service service(environment);
  const ClickEvents events;
  Feeder feeder(topology, events, kEventsPerSecond);
  wait_for_inserts(port, 0);
  std::vector<double> taken;
  for (std::size_t i = 0; i < kKills; ++i) {
    const pid_t victim = service.workers().at(i % kWorkers);
    const auto begin = Clock::now();
    kill(victim, SIGKILL);
    wait_for_inserts(port, victim);
    taken.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  std::sort(taken.begin(), taken.end());
  std::printf(
      "%zu times kill -9 of one of %zu workers at %u events/s, batches of 500 rows or 0.1 s:\n"
      "the worker in its place has inserted after %.0f ms (median), %.0f ms (99 %%), %.0f ms "
      "(all)\n",
      kKills, kWorkers, kEventsPerSecond, taken[taken.size() / 2], taken[taken.size() * 99 / 100],
      taken.back());
  feeder.stop();
  service.stop();
}

}  // namespace event_consumer::testing
