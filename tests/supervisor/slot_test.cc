#include "supervisor/slot.h"

#include "tests/supervisor/idle_process.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart = TimePoint(std::chrono::hours(1));

// A slot with the number 3 that is open, and processes to put there.
class SlotTest {
 public:
  SlotTest() { slot.open(kStart); }

  // The process is `idle` then.
  WorkerProcess& add(ProcessState state, IdleProcess& idle) {
    const int row = *slot.free_row();
    slot.add(idle.worker({3, row}, state, kStart + seconds(1)));
    return *slot.rows()[static_cast<std::size_t>(row)];
  }
  WorkerProcess& add_consuming(IdleProcess& idle) {
    WorkerProcess& worker = add(ProcessState::kStarting, idle);
    worker.consumes(kStart + seconds(3));
    return worker;
  }
  Duration die(TimePoint now) {
    const WorkerProcess dead = slot.remove(*slot.incumbent());
    return slot.incumbent_died(Blame::kServer, dead.consumed_for(now), true, now);
  }

  Slot slot{3};
  IdleProcess first, second;
};

TEST_CASE_METHOD(SlotTest, "slot: waits for its first start", "[slot]") {
  CHECK(slot.number() == 3);
  CHECK(slot.start_at() == kStart);
  CHECK_FALSE(slot.start_is_restart());
  CHECK(slot.incumbent() == nullptr);
  CHECK(slot.free_row() == 0);
}

TEST_CASE_METHOD(SlotTest, "slot: with an incumbent nothing is due", "[slot]") {
  WorkerProcess& worker = add(ProcessState::kStarting, first);
  CHECK(slot.incumbent() == &worker);
  CHECK_FALSE(slot.start_at());
  CHECK(slot.free_row() == 1);
  worker.consumes(kStart + seconds(3));
  CHECK(slot.incumbent() == &worker);
}

TEST_CASE_METHOD(SlotTest, "slot: a death leads to the next start", "[slot]") {
  const bool had_consumed = GENERATE(true, false);
  if (had_consumed)
    add_consuming(first);
  else
    add(ProcessState::kStarting, first);
  const Duration delay = die(kStart + seconds(9));
  CHECK(delay > Duration::zero());
  CHECK(slot.incumbent() == nullptr);
  CHECK(slot.start_at() == kStart + seconds(9) + delay);
  CHECK(slot.start_is_restart());
  CHECK(slot.last_had_consumed() == had_consumed);
  CHECK(slot.restarts().faults_in_a_row() == 1);
  CHECK(slot.is_open());
  const WorkerProcess& next = add(ProcessState::kStarting, second);
  CHECK(slot.incumbent() == &next);
  CHECK_FALSE(slot.start_is_restart());
}

TEST_CASE_METHOD(SlotTest, "slot: closed, it asks the incumbent to stop and starts none",
                 "[slot]") {
  WorkerProcess& worker = add(ProcessState::kStarting, first);
  if (GENERATE(true, false)) worker.consumes(kStart + seconds(3));
  slot.close();
  CHECK(worker.state() == ProcessState::kStopping);
  CHECK(first.ended_by() == SIGTERM);
  CHECK(slot.incumbent() == nullptr);
  CHECK_FALSE(slot.start_at());
  slot.remove(worker);
  CHECK_FALSE(slot.start_at());
}

TEST_CASE_METHOD(SlotTest, "slot: closed while it waits, it needs no process", "[slot]") {
  slot.close();
  CHECK_FALSE(slot.start_at());
  CHECK_FALSE(slot.is_open());
}

TEST_CASE_METHOD(SlotTest, "slot: a successor takes over when it consumes", "[slot]") {
  WorkerProcess& incumbent = add_consuming(first);
  WorkerProcess& successor = add(ProcessState::kReplacing, second);
  CHECK(slot.incumbent() == &incumbent);
  CHECK(slot.successor() == &successor);
  CHECK_FALSE(slot.free_row());
  slot.promote_successor(kStart + seconds(5));
  CHECK(slot.incumbent() == &successor);
  CHECK(slot.successor() == nullptr);
  CHECK(successor.consumed_for(kStart + seconds(6)) == seconds(1));
  CHECK(incumbent.state() == ProcessState::kStopping);
  CHECK(first.ended_by() == SIGTERM);
}

TEST_CASE_METHOD(SlotTest, "slot: an incumbent that dies is restarted beside its successor",
                 "[slot]") {
  add_consuming(first);
  WorkerProcess& successor = add(ProcessState::kReplacing, second);
  die(kStart + seconds(9));
  CHECK(slot.incumbent() == nullptr);
  CHECK(slot.successor() == &successor);
  CHECK(slot.start_at());
  CHECK(slot.free_row() == 0);
  // Unless the successor consumes first: it has not died, and nothing is due any more.
  slot.promote_successor(kStart + seconds(9));
  CHECK(slot.incumbent() == &successor);
  CHECK_FALSE(slot.start_at());
  CHECK(slot.restarts().faults_in_a_row() == 0);
}

TEST_CASE_METHOD(SlotTest, "slot: closed meanwhile, it keeps no successor", "[slot]") {
  add_consuming(first);
  WorkerProcess& successor = add(ProcessState::kReplacing, second);
  slot.close();
  CHECK(slot.successor() == &successor);
  slot.promote_successor(kStart + seconds(5));
  CHECK(successor.state() == ProcessState::kStopping);
  CHECK(second.ended_by() == SIGTERM);
  CHECK(slot.incumbent() == nullptr);
}

TEST_CASE_METHOD(SlotTest, "slot: opened again, it waits until a row is free", "[slot]") {
  WorkerProcess& incumbent = add_consuming(first);
  add(ProcessState::kReplacing, second);
  slot.close();
  slot.open(kStart + seconds(5));
  CHECK_FALSE(slot.start_at());
  slot.remove(incumbent);
  CHECK(slot.start_at() == kStart + seconds(5));
  CHECK_FALSE(slot.start_is_restart());
}

}  // namespace
}  // namespace event_consumer::testing
