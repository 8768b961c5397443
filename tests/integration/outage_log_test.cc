// While ClickHouse is away the log says so, and does not say it again with every try.
#include <cstdlib>

#include "tests/support/catch.h"
#include "tests/support/feeder.h"
#include "tests/support/scene.h"
#include "tests/support/service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// A minute; OUTAGE_SECONDS=600 is for those who have the time.
seconds outage() {
  const char* given = std::getenv("OUTAGE_SECONDS");
  return seconds(given == nullptr ? 60 : std::atoi(given));
}

}  // namespace

TEST_CASE("ClickHouse is away for long: the log stays short, no worker is restarted") {
  Scene scene("outage_log");
  scene.declare_topology();
  Service service(scene.environment());
  REQUIRE(service.wait_consuming(2));
  const ClickEvents events(71);
  Feeder feeder(scene, events, 200);
  REQUIRE(wait_until([&] { return scene.rows() > 0; }, seconds(10)));
  const auto workers = service.workers();

  const bool stalled = GENERATE(false, true);
  if (stalled)
    clickhouse().pause();
  else
    clickhouse().stop();
  const auto end = Clock::now() + outage();
  wait_until([&] { return Clock::now() >= end; }, outage() + seconds(1));
  const std::size_t lines = service.count_in_log("\n");
  if (stalled)
    clickhouse().resume();
  else
    clickhouse().start();

  INFO(service.log());
  CHECK(lines < 50);
  CHECK(service.workers() == workers);
  const std::uint64_t published = feeder.stop();
  CHECK(wait_until([&] { return scene.distinct_events() == published; }, seconds(60)));
  CHECK(service.workers() == workers);
  CHECK(service.count_in_log("restart in") == 0);
  CHECK(service.stop() == 0);
  WARN("lines in the log after " << outage().count() << " s: " << lines);
}

}  // namespace event_consumer::testing
