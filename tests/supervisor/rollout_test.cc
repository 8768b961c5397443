#include "supervisor/rollout.h"

#include "tests/support/catch.h"

namespace event_consumer {

namespace {

using std::chrono::seconds;

constexpr TimePoint kNow{seconds(1000)};
constexpr Duration kPatience = seconds(60);

}  // namespace

TEST_CASE("rollout: with nothing to do it has no deadline", "[rollout]") {
  const Rollout rollout(kPatience);
  CHECK(rollout.idle());
  CHECK_FALSE(rollout.deadline());
  CHECK_FALSE(rollout.next());
}

TEST_CASE("rollout: a reload goes through the slots in order, one at a time", "[rollout]") {
  Rollout rollout(kPatience);
  rollout.begin(3);
  for (int slot = 1; slot <= 3; ++slot) {
    CHECK((*rollout.deadline() <= kNow));
    CHECK(rollout.next() == slot);
    CHECK(rollout.start_next(kNow) == slot);
    CHECK(rollout.active() == slot);
    CHECK_FALSE(rollout.start_next(kNow));
    CHECK((rollout.give_up_at() == kNow + kPatience));
    CHECK((rollout.deadline() == kNow + kPatience));
    rollout.succeeded();
  }
  CHECK(rollout.idle());
}

TEST_CASE("rollout: who asks for relief waits for its turn, and asks once", "[rollout]") {
  Rollout rollout(kPatience);
  rollout.add(2);
  rollout.add(2);
  rollout.add(1);
  CHECK(rollout.start_next(kNow) == 2);
  rollout.succeeded();
  CHECK(rollout.start_next(kNow) == 1);
  rollout.succeeded();
  CHECK(rollout.idle());
}

TEST_CASE("rollout: a failed reload replaces nothing more", "[rollout]") {
  Rollout rollout(kPatience);
  rollout.begin(3);
  rollout.start_next(kNow);
  rollout.failed(kNow, /*again=*/false);
  CHECK(rollout.idle());
  CHECK_FALSE(rollout.deadline());
}

TEST_CASE("rollout: after a failed relief all go on later, the one that failed as the last",
          "[rollout]") {
  Rollout rollout(kPatience);
  for (const int slot : {1, 2, 3}) rollout.add(slot);
  rollout.start_next(kNow);
  rollout.failed(kNow, /*again=*/true);
  const TimePoint later = kNow + Rollout::kPauseAfterFailure;
  CHECK((rollout.deadline() == later));
  CHECK_FALSE(rollout.start_next(later - seconds(1)));
  for (const int slot : {2, 3, 1}) {
    CHECK(rollout.start_next(later) == slot);
    rollout.succeeded();
  }
  CHECK(rollout.idle());
}

TEST_CASE("rollout: a reload does not wait for the pause of a failed relief", "[rollout]") {
  Rollout rollout(kPatience);
  rollout.add(1);
  rollout.start_next(kNow);
  rollout.failed(kNow, /*again=*/true);
  rollout.begin(2);
  CHECK(rollout.start_next(kNow) == 1);
}

TEST_CASE("rollout: a second reload starts over, and what is under way goes on", "[rollout]") {
  Rollout rollout(kPatience);
  rollout.begin(2);
  rollout.start_next(kNow);
  rollout.begin(2);
  CHECK(rollout.active() == 1);
  CHECK_FALSE(rollout.start_next(kNow));
  rollout.succeeded();
  CHECK(rollout.start_next(kNow) == 1);
  rollout.succeeded();
  CHECK(rollout.start_next(kNow) == 2);
}

TEST_CASE("rollout: a slot whose worker has died need not be replaced", "[rollout]") {
  Rollout rollout(kPatience);
  rollout.begin(3);
  rollout.start_next(kNow);
  rollout.forget(2);
  rollout.forget(1);
  CHECK(rollout.active() == 1);
  rollout.succeeded();
  CHECK(rollout.start_next(kNow) == 3);
}

}  // namespace event_consumer
