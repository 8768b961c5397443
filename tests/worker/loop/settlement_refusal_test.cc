// A dead-letter queue that refuses, an outage that does not end: nothing is taken, nothing is lost.
#include "tests/fakes/captured_log.h"
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::CapturedLog;
using testing::SettlementRig;

TEST_CASE("settlement: takes nothing while the dead-letter queue refuses", "[settlement]") {
  SettlementRig rig;
  rig.take_bad();
  rig.dead_letters.refusing = true;
  CHECK_FALSE(rig.settlement.may_take());
  CHECK_FALSE(rig.settlement.has_room());
  CHECK(rig.in_hand() == 1);
  rig.dead_letters.refusing = false;
  CHECK(rig.settlement.has_room());
}

TEST_CASE("settlement: what the dead-letter queue refuses is the oldest in hand, too",
          "[settlement]") {
  SettlementRig rig(1);
  const TimePoint taken = rig.now;
  rig.take_bad();
  rig.wait(seconds(5));
  rig.take_good();
  rig.store();
  CHECK((rig.settlement.in_flight().oldest() == taken));
  rig.confirm_dead_letter();
  CHECK_FALSE(rig.settlement.in_flight().oldest());
}

TEST_CASE("settlement: what is given back is the dead-letter queue's no more", "[settlement]") {
  SettlementRig rig;
  rig.take_bad();
  rig.take_good();
  CHECK(rig.settlement.give_back_all(rig.now).ok());
  CHECK(rig.count(Verdict::kReturned) == 2);
  CHECK(rig.in_hand() == 0);
  CHECK_FALSE(rig.dead_letters.has_unconfirmed());
  CHECK(rig.source.acknowledged_to() == 0);
}

TEST_CASE("drain: what a dead-letter queue refuses is not waited for", "[settlement]") {
  SettlementRig rig;
  rig.take_bad();
  rig.take_good();
  rig.dead_letters.refusing = true;
  rig.drain();
  CHECK_FALSE(rig.settlement.drained());
  rig.store();
  CHECK(rig.settlement.drained());
  CHECK(rig.source.acknowledged_to() == 0);
}

TEST_CASE("settlement: one code for five minutes is said anew, once", "[settlement]") {
  SettlementRig rig(1);
  const CapturedLog log;
  rig.take_good();
  const TimePoint start = rig.now;
  while (rig.now - start < minutes(10)) {
    rig.refuse();
    CHECK(log.lines_with("nothing was stored for 5 minutes") ==
          (rig.now - start < minutes(5) ? 0 : 1));
    rig.wait_for_deadline();
  }
  rig.store();
  CHECK(log.lines_with("nothing is lost") == 1);
}

TEST_CASE("settlement: a code that is in no list is counted by its number", "[settlement]") {
  SettlementRig rig(1);
  rig.take_good();
  rig.inserter.under_way = false;
  CHECK(
      rig.settlement
          .inserted({InsertOutcome::Kind::kRefused, 4711, "what?", ErrorClass::kTransient}, rig.now)
          .ok());
  WorkerRecord record{};
  rig.settlement.report(record);
  const FailedInserts& failed = record.counters.failed_inserts[0];
  CHECK(failed.code == 4711);
  CHECK(failed.count == 1);
  CHECK(kErrorClassWords.at(failed.error_class) == "transient");
}

}  // namespace
}  // namespace event_consumer
