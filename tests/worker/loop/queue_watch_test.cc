#include "worker/loop/queue_watch.h"

#include <cmath>

#include "tests/fakes/fake_source.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;

struct QueueWatchRig {
  QueueWatchRig() { watch.link_made(); }
  void count(std::uint32_t messages) {
    REQUIRE(watch.work(source, now));
    watch.counted({messages, 2}, now);
    now += seconds(10);
  }

  QueueCount queue{};
  QueueWatch watch{queue};
  testing::FakeSource source;
  TimePoint now = TimePoint(seconds(1000));
};

}  // namespace

TEST_CASE("the source queue is counted every ten seconds, and no question waits beside another") {
  QueueWatchRig rig;
  CHECK(rig.queue.counted_at == 0);
  REQUIRE(rig.watch.work(rig.source, rig.now));
  REQUIRE(rig.watch.work(rig.source, rig.now + seconds(60)));
  CHECK(rig.source.count_calls == 1);
  rig.watch.counted({7, 2}, rig.now);
  CHECK(rig.queue.messages == 7);
  CHECK(rig.queue.consumers == 2);
  CHECK(rig.queue.counted_at == to_monotonic_time(rig.now));
  REQUIRE(rig.watch.work(rig.source, rig.now + seconds(9)));
  CHECK(rig.source.count_calls == 1);
  REQUIRE(rig.watch.work(rig.source, rig.now + seconds(10)));
  CHECK(rig.source.count_calls == 2);
}

TEST_CASE("the time to empty goes by the net rate of the last minute") {
  QueueWatchRig rig;
  rig.count(1000);
  CHECK(std::isnan(rig.queue.empty_in_seconds));
  rig.count(900);
  CHECK(rig.queue.empty_in_seconds == Approx(90));
  for (const std::uint32_t messages : {800u, 700u, 600u, 500u, 400u}) rig.count(messages);
  CHECK(rig.queue.empty_in_seconds == Approx(40));
  // What was long ago does not count: the rate of the last minute is 5 messages a second.
  for (const std::uint32_t messages : {350u, 300u, 250u, 200u, 150u, 100u}) rig.count(messages);
  CHECK(rig.queue.empty_in_seconds == Approx(20));
}

TEST_CASE("there is no time to empty for a queue that grows, stands still or is empty") {
  QueueWatchRig rig;
  for (const std::uint32_t messages : {100u, 100u, 150u}) {
    rig.count(messages);
    CHECK(std::isnan(rig.queue.empty_in_seconds));
  }
  rig.watch.link_made();
  CHECK(rig.queue.counted_at == 0);
  rig.count(100);
  rig.count(0);
  CHECK(std::isnan(rig.queue.empty_in_seconds));
}

}  // namespace event_consumer
