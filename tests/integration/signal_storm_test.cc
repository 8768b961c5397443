// A thousand signals of all kinds that do not end the service, drawn at random, under load.
#include <signal.h>

#include <algorithm>
#include <random>

#include "tests/support/accounting.h"
#include "tests/support/feeder.h"
#include "tests/support/proc.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSignals = 1000;
constexpr std::uint64_t kEvents = 100'000;
constexpr milliseconds kBetween{45};
constexpr std::size_t kWorkers = 2;
constexpr unsigned kEventsPerSecond = 2500;

// Not those that end it as asked (TERM, INT), those that nobody can take (KILL, STOP), and those
// that say that it is broken.
std::vector<int> kinds() {
  const std::vector<int> others = {SIGTERM, SIGINT, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS,
                                   SIGFPE,  SIGILL, SIGABRT, SIGSYS,  SIGTRAP};
  std::vector<int> kinds;
  for (int signal = 1; signal < 32; ++signal)
    if (std::find(others.begin(), others.end(), signal) == others.end()) kinds.push_back(signal);
  // Those that mean something come more often.
  for (int times = 0; times < 3; ++times)
    for (const int signal : {SIGHUP, SIGTTIN, SIGTTOU, SIGTSTP, SIGCONT, SIGUSR1})
      kinds.push_back(signal);
  return kinds;
}

struct Resources {
  std::size_t descriptors;
  std::size_t children;
  std::size_t zombies;
};

Resources resources_of(const Service& service) {
  return {descriptor_count(service.pid()), service.workers().size(),
          zombie_pids(service.pid()).size()};
}

bool equal(const Resources& a, const Resources& b) {
  return a.descriptors == b.descriptors && a.children == b.children && a.zombies == b.zombies;
}

}  // namespace

TEST_CASE("1000 signals at random under load: all is stored, and nothing is left behind") {
  TestTopology topology("storm");
  topology.declare_topology();
  WireTap tap(rabbitmq().port());
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = tap.url();
  environment["EVENT_CONSUMER_BATCH_DELAY"] = "0.2";
  Service service(environment);
  REQUIRE(service.wait_consuming(kWorkers));
  // What a first replacement takes once and for all, is no leak.
  service.send(SIGHUP);
  REQUIRE(
      wait_until([&] { return service.count_in_log("reloaded: 2 workers") == 1; }, seconds(30)));
  REQUIRE(wait_until([&] { return service.workers().size() == kWorkers; }, seconds(30)));
  const Resources before = resources_of(service);
  const std::uint64_t rss_before = rss_bytes(service.pid());

  const ClickEvents events(61);
  Feeder feeder(topology, events, kEventsPerSecond);
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::vector<int> all = kinds();
  auto next = Clock::now();
  // Where the machine publishes slower, they go on until there was enough load.
  const auto end = next + seconds(300);
  for (int i = 0; i < kSignals || (feeder.published() < kEvents && next < end); ++i) {
    service.send(all[random() % all.size()]);
    next += kBetween;
    wait_until([&] { return Clock::now() >= next; }, seconds(1));
  }
  // At the end it is neither paused nor larger than its options say.
  service.send(SIGCONT);
  service.send(SIGHUP);
  const std::uint64_t published = feeder.stop();
  CHECK(published >= kEvents);
  CHECK(wait_until([&] { return topology.rows() >= published; }, seconds(120)));
  // All rows are stored while the workers are still replaced, one after the other.
  Resources after{};
  wait_until(
      [&] {
        after = resources_of(service);
        return equal(after, before);
      },
      seconds(60));
  CHECK(after.children == kWorkers);
  CHECK(after.zombies == 0);
  CHECK(after.descriptors == before.descriptors);
#ifndef UNDER_SANITIZER  // which keeps freed memory for a while
  const std::uint64_t rss_after = rss_bytes(service.pid());
  INFO("RSS before " << rss_before << ", after " << rss_after);
  CHECK(rss_after <= rss_before + (1 << 20));
#endif
  CHECK(service.stop() == 0);
  CHECK(topology.rows() == published);
  CHECK(topology.distinct_events() == published);
  check_accounting(service, topology, tap);
  CHECK(service.count_in_log("restart in") == 0);
  // Those that were replaced or removed, too, and with nothing that a sanitizer would find.
  CHECK(service.count_in_log("exited with status ") ==
        service.count_in_log("exited with status 0"));
  CHECK(service.count_in_log("exited with status 0") > kWorkers);
}

}  // namespace event_consumer::testing
