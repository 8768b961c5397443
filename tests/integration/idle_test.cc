// Nothing to do costs nothing.
#include "tests/support/accounting.h"
#include "tests/support/proc.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr seconds kWindow{20};
constexpr std::uint64_t kMostSwitchesPerSecond = 2;
constexpr double kMostCpuPerSecond = 0.001;
constexpr std::uint64_t kMostSupervisorRss = 16 << 20;

struct Effort {
  pid_t pid;
  std::uint64_t switches;
  double cpu;
};

Effort effort_of(pid_t pid) { return {pid, voluntary_switches(pid), cpu_seconds(pid)}; }

}  // namespace

TEST_CASE("an idle service sleeps: few wake-ups, next to no processor time, little memory") {
  TestTopology topology("idle");
  topology.declare_topology();
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  std::vector<Effort> before = {effort_of(service.pid())};
  for (const pid_t worker : service.workers()) before.push_back(effort_of(worker));

  const auto end = Clock::now() + kWindow;
  wait_until([&] { return Clock::now() >= end; }, kWindow + seconds(1));

  for (const Effort& then : before) {
    const Effort now = effort_of(then.pid);
    INFO("process " << then.pid << " of supervisor " << service.pid() << ": "
                    << now.switches - then.switches << " switches, " << now.cpu - then.cpu
                    << " s of CPU in " << kWindow.count() << " s");
    CHECK(now.switches - then.switches <= kMostSwitchesPerSecond * kWindow.count());
    CHECK(now.cpu - then.cpu <= kMostCpuPerSecond * kWindow.count() + 0.01);
  }
  INFO("supervisor RSS " << rss_bytes(service.pid()));
  // Instrumented programs need more.
  if (base_environment().count("ASAN_OPTIONS") == 0)
    CHECK(rss_bytes(service.pid()) < kMostSupervisorRss);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
