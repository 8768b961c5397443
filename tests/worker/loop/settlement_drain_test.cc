// The stop: what is in hand is posted once more, then no longer.
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "worker/loop/settlement.h"

namespace event_consumer {
namespace {

using testing::SettlementRig;
using testing::Tags;

// Unless the dead-letter queue refuses; after it nothing is waited for.
void check_that_a_confirm_is_waited_for(SettlementRig& rig) {
  CHECK_FALSE(rig.settlement.drained());
  rig.dead_letters.refusing = true;
  CHECK(rig.settlement.drained());
  rig.dead_letters.refusing = false;
  rig.confirm_dead_letter();
  CHECK(rig.settlement.drained());
}

TEST_CASE("drain: with nothing in hand it is done at once", "[settlement]") {
  SettlementRig rig;
  rig.drain();
  CHECK(rig.settlement.drained());
  CHECK(rig.posts() == 0);
  CHECK_FALSE(rig.settlement.deadline().has_value());
}

TEST_CASE("drain: rows that wait for company are posted at once", "[settlement]") {
  SettlementRig rig;
  rig.take_good();
  rig.drain();
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1});
  CHECK_FALSE(rig.settlement.drained());
  rig.store();
  CHECK(rig.source.acknowledged == Tags{1});
  CHECK(rig.settlement.drained());
}

TEST_CASE("drain: what is settled behind what is not is acknowledged, also with a consumer there",
          "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.take_bad();
  rig.confirm_dead_letter();
  rig.drain();
  CHECK(rig.source.acknowledged.empty());
  CHECK(rig.settlement.acknowledge_behind().ok());
  CHECK(rig.source.acknowledged_alone == Tags{2});
}

TEST_CASE("drain: a post under way is waited for, and those behind it follow", "[settlement]") {
  SettlementRig rig(/*rows=*/2);
  for (int i = 0; i < 5; ++i) rig.take_good();
  rig.drain();
  CHECK(rig.posts() == 1);
  rig.store();
  rig.store();
  CHECK_FALSE(rig.settlement.drained());
  rig.store();
  CHECK(rig.posts() == 3);
  CHECK(rig.post(2).tags == Tags{5});
  CHECK(rig.source.acknowledged == Tags{2, 4, 5});
  CHECK(rig.settlement.drained());
  CHECK(rig.inserter.overlaps == 0);
}

TEST_CASE("drain: a post that fails is not repeated", "[settlement]") {
  for (const auto kind : {InsertOutcome::Kind::kRefused, InsertOutcome::Kind::kUnknown}) {
    SettlementRig rig(/*rows=*/1);
    rig.take_good();
    rig.take_good();
    rig.drain();
    rig.answer(kind);
    CHECK_FALSE(rig.failed);
    CHECK(rig.settlement.drained());
    CHECK_FALSE(rig.settlement.request_under_way());
    CHECK_FALSE(rig.settlement.deadline().has_value());
    rig.wait(std::chrono::hours(1));
    CHECK(rig.posts() == 1);
    CHECK(rig.source.acknowledged.empty());
    CHECK(rig.in_hand() == 2);
  }
}

TEST_CASE("drain: a batch that waits for its repeat is given up at once", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.refuse();
  rig.drain();
  CHECK(rig.settlement.drained());
  CHECK_FALSE(rig.settlement.deadline().has_value());
  rig.wait(std::chrono::hours(1));
  CHECK(rig.posts() == 1);
  CHECK(rig.in_hand() == 1);
}

// It may be asked to stop while it looks whether the table has changed (seed 96442 of the
// simulation).
TEST_CASE("drain: a refused row is waited for by nobody whose look at the table ends later",
          "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.take_good();
  while (rig.inserter.table_checks == 0) {
    rig.answer({InsertOutcome::Kind::kRefused, 1002, "no", ErrorClass::kUnclear});
    if (rig.inserter.table_checks == 0) rig.wait_for_deadline();
  }
  rig.drain();
  rig.table_unchanged();
  CHECK(rig.settlement.drained());
  CHECK_FALSE(rig.settlement.deadline().has_value());
  CHECK(rig.in_hand() == 2);
}

TEST_CASE("drain: what is stored before a later post fails is acknowledged", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.take_good();
  rig.drain();
  rig.store();
  CHECK_FALSE(rig.settlement.drained());
  rig.refuse();
  CHECK(rig.settlement.drained());
  CHECK(rig.source.acknowledged == Tags{1});
  CHECK(rig.count(Verdict::kStored) == 1);
  CHECK(rig.in_hand() == 1);
}

TEST_CASE("drain: unconfirmed dead letters are waited for", "[settlement]") {
  SettlementRig rig;
  rig.take_bad();
  rig.drain();
  CHECK_FALSE(rig.settlement.drained());
  rig.confirm_dead_letter();
  CHECK(rig.settlement.drained());
  CHECK(rig.source.acknowledged == Tags{1});
}

TEST_CASE("drain: dead letters are still acknowledged after a batch was given up", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_bad();
  rig.take_good();
  rig.refuse();
  rig.drain();
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{1});
  CHECK(rig.in_hand() == 1);
}

// Its message would come back, and be dead-lettered again (seed 290 of the simulation).
TEST_CASE("drain: unconfirmed dead letters are waited for after a batch was given up, too",
          "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_bad();
  rig.take_good();
  rig.drain();
  rig.refuse();
  check_that_a_confirm_is_waited_for(rig);
  CHECK(rig.source.acknowledged == Tags{1});
  CHECK(rig.in_hand() == 1);
}

TEST_CASE("drain: nothing is waited for that others would have to decide, or that came late",
          "[settlement]") {
  SettlementRig rig;
  rig.take(R"({"other":1})");
  rig.take_bad();
  rig.drain();
  rig.take_late();
  check_that_a_confirm_is_waited_for(rig);
}

TEST_CASE("drain: twice is once", "[settlement]") {
  SettlementRig rig;
  rig.take_good();
  rig.drain();
  rig.drain();
  CHECK(rig.posts() == 1);
  rig.refuse();
  rig.drain();
  CHECK(rig.posts() == 1);
  CHECK(rig.settlement.drained());
}

}  // namespace
}  // namespace event_consumer
