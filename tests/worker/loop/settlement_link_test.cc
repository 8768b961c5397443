#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::SettlementRig;
using testing::Tags;

TEST_CASE("settlement: a lost link returns everything in hand and drops its rows", "[settlement]") {
  SettlementRig rig(/*rows=*/3);
  rig.take_good();
  rig.take_bad();
  rig.lose_link();
  CHECK(rig.in_hand() == 0);
  CHECK(rig.count(Verdict::kReturned) == 2);
  CHECK_FALSE(rig.settlement.deadline().has_value());

  rig.take_good();
  rig.take_good();
  rig.take_good();
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1, 2, 3});
  rig.store();
  CHECK(rig.source.acknowledged == Tags{3});
}

TEST_CASE("settlement: a post that outlives its link settles nothing", "[settlement]") {
  for (const auto kind : {InsertOutcome::Kind::kStored, InsertOutcome::Kind::kRefused,
                          InsertOutcome::Kind::kUnknown}) {
    SettlementRig rig(/*rows=*/2);
    rig.take_good();
    rig.take_good();
    rig.take_good();
    REQUIRE(rig.posts() == 1);
    rig.lose_link();
    CHECK(rig.settlement.request_under_way());

    rig.take_good();
    rig.take_good();
    CHECK(rig.posts() == 1);
    CHECK(rig.inserter.is_unchanged());
    rig.answer(kind);
    CHECK(rig.source.acknowledged.empty());
    REQUIRE(rig.posts() == 2);
    CHECK(rig.post(1).tags == Tags{1, 2});
    rig.store();
    CHECK(rig.source.acknowledged == Tags{2});
  }
}

TEST_CASE("settlement: a batch that waits to be sent again goes with its link", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.leave_unknown();
  REQUIRE(rig.settlement.deadline().has_value());
  rig.lose_link();
  CHECK_FALSE(rig.settlement.deadline().has_value());
  CHECK_FALSE(rig.settlement.request_under_way());
  rig.take_good();
  CHECK(rig.posts() == 2);
}

}  // namespace
}  // namespace event_consumer
