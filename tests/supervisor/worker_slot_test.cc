#include "supervisor/worker_slot.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart = TimePoint(std::chrono::hours(1));
constexpr pid_t kPid = 4711;

WorkerSlot waiting() { return WorkerSlot(3, kStart); }

WorkerSlot starting() {
  WorkerSlot slot = waiting();
  slot.started(kPid, kStart + seconds(1));
  return slot;
}

WorkerSlot consuming() {
  WorkerSlot slot = starting();
  slot.consumes(kStart + seconds(3));
  return slot;
}

WorkerSlot stopping() {
  WorkerSlot slot = consuming();
  slot.asked_to_stop();
  return slot;
}

WorkerSlot stopped() {
  WorkerSlot slot = waiting();
  slot.asked_to_stop();
  return slot;
}

TEST_CASE("worker slot: waits for its first start", "[worker_slot]") {
  const WorkerSlot slot = waiting();
  CHECK(slot.number() == 3);
  CHECK(slot.state() == SlotState::kWaiting);
  CHECK(slot.start_at() == kStart);
  CHECK_FALSE(slot.has_process());
}

TEST_CASE("worker slot: started", "[worker_slot]") {
  const WorkerSlot slot = starting();
  CHECK(slot.state() == SlotState::kStarting);
  CHECK(slot.pid() == kPid);
  CHECK_FALSE(slot.start_at());
  CHECK(slot.lived(kStart + seconds(5)) == seconds(4));
  CHECK_FALSE(slot.consumed_for(kStart + seconds(5)));
}

TEST_CASE("worker slot: consumes", "[worker_slot]") {
  const WorkerSlot slot = consuming();
  CHECK(slot.state() == SlotState::kConsuming);
  CHECK(slot.lived(kStart + seconds(5)) == seconds(4));
  CHECK(slot.consumed_for(kStart + seconds(5)) == seconds(2));
}

TEST_CASE("worker slot: a death leads to the next start", "[worker_slot]") {
  WorkerSlot slot = GENERATE(waiting(), starting(), consuming());
  slot.ended(kStart + seconds(9));
  CHECK(slot.state() == SlotState::kWaiting);
  CHECK(slot.start_at() == kStart + seconds(9));
  CHECK_FALSE(slot.has_process());
  CHECK_FALSE(slot.consumed_for(kStart + seconds(9)));
  slot.started(kPid + 1, kStart + seconds(9));
  CHECK(slot.pid() == kPid + 1);
  CHECK_FALSE(slot.consumed_for(kStart + seconds(10)));
}

TEST_CASE("worker slot: a stop is final", "[worker_slot]") {
  WorkerSlot slot = GENERATE(starting(), consuming());
  slot.asked_to_stop();
  CHECK(slot.state() == SlotState::kStopping);
  CHECK(slot.pid() == kPid);
  slot.ended(kStart + seconds(9));
  CHECK(slot.state() == SlotState::kStopped);
  CHECK_FALSE(slot.has_process());
  CHECK_FALSE(slot.start_at());
}

TEST_CASE("worker slot: a stop while waiting needs no process", "[worker_slot]") {
  const WorkerSlot slot = stopped();
  CHECK(slot.state() == SlotState::kStopped);
  CHECK_FALSE(slot.start_at());
}

TEST_CASE("worker slot: what is not in the drawing has no effect", "[worker_slot]") {
  WorkerSlot first = waiting();
  first.consumes(kStart);
  CHECK(first.state() == SlotState::kWaiting);

  for (WorkerSlot slot : {starting(), consuming(), stopping()}) {
    const SlotState before = slot.state();
    slot.started(kPid + 1, kStart);
    CHECK(slot.state() == before);
    CHECK(slot.pid() == kPid);
  }

  WorkerSlot late = stopping();
  late.consumes(kStart + seconds(8));
  late.asked_to_stop();
  CHECK(late.state() == SlotState::kStopping);
  CHECK(late.consumed_for(kStart + seconds(5)) == seconds(2));

  WorkerSlot last = stopped();
  last.started(kPid, kStart);
  last.consumes(kStart);
  last.asked_to_stop();
  last.ended(kStart);
  CHECK(last.state() == SlotState::kStopped);
  CHECK_FALSE(last.has_process());
}

}  // namespace
}  // namespace event_consumer
