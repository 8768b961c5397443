// A message as large as RabbitMQ takes: what it needs is given back to the system.
#include <algorithm>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/proc.h"
#include "tests/support/running_service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::uint64_t largest_worker(RunningService& running) {
  std::uint64_t largest = 0;
  for (const pid_t pid : running.service().workers()) largest = std::max(largest, rss_bytes(pid));
  return largest;
}

}  // namespace

TEST_CASE("a message of 120 MiB leaves no memory behind") {
  RunningService running("large_message");
  REQUIRE(running.moves_events());
  const std::uint64_t before = largest_worker(running);
  for (int i = 0; i < 2; ++i) running.publish_rubbish(std::string(120 * kMiB, 'x'));
  REQUIRE(running.all_arrive(seconds(60)));
  // With the next delivery at the latest.
  REQUIRE(running.moves_events());
  const std::uint64_t after = largest_worker(running);
  INFO(before / kMiB << " MiB before, " << after / kMiB << " MiB after");
  CHECK(after < before + 16 * kMiB);
}

}  // namespace event_consumer::testing
