#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "worker/ledger/identity.h"

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
    // It is posted until it is known whether it is stored: others may ask the ledger.
    if (kind == InsertOutcome::Kind::kUnknown) {
      CHECK(rig.posts() == 1);
      rig.wait_for_deadline();
      REQUIRE(rig.inserter.table_checks == 1);
      rig.table_unchanged();
      REQUIRE(rig.posts() == 2);
      CHECK(rig.post(1).token == rig.post(0).token);
      rig.store();
      CHECK(rig.source.acknowledged.empty());
    }
    REQUIRE(rig.posts() > 1);
    CHECK(rig.post(rig.posts() - 1).tags == Tags{1, 2});
    rig.store();
    CHECK(rig.source.acknowledged == Tags{2});
  }
}

TEST_CASE("settlement: a batch that is not stored goes with its link", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.refuse();
  REQUIRE(rig.settlement.deadline().has_value());
  rig.lose_link();
  CHECK_FALSE(rig.settlement.deadline().has_value());
  CHECK_FALSE(rig.settlement.request_under_way());
  rig.take_good();
  CHECK(rig.posts() == 2);
}

TEST_CASE("settlement: a batch that may be stored is posted on when its link is lost",
          "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.leave_unknown();
  rig.settlement.link_lost(rig.now);
  REQUIRE(rig.settlement.deadline().has_value());
  rig.wait_for_deadline();
  rig.table_unchanged();
  REQUIRE(rig.posts() == 2);
  CHECK(rig.post(1).token == rig.post(0).token);
  rig.store();
  CHECK_FALSE(rig.settlement.deadline().has_value());
}

// Nobody else can post it, and other workers may wait for its outcome.
TEST_CASE("settlement: what a dead worker has posted is posted on when the link is lost just then",
          "[settlement]") {
  SettlementRig rig(3, 100, 1000, SettlementRig::DeadLetters::kNo);
  const std::string body = R"({"code":"ab"})";
  Delivery delivery;
  delivery.tag = 1;
  delivery.body = body;
  {
    PostLedger dead(rig.ledger_of_one.memory, rig.ledger_of_one.locks, 2, rig.now);
    InFlight in_flight;
    const DeliveryId id = *in_flight.add(delivery, rig.now, identify(delivery, 0));
    Batch batch;
    testing::append(batch, id, "row", 1, rig.now, testing::insert_format("INSERT", true));
    batch.seal();
    dead.post(batch, in_flight, rig.now);
  }
  // Behind it the others are decided together.
  rig.take_again("worse");
  rig.take_again(body);
  rig.take_again("bad");
  rig.source.fault = Error{ErrorKind::kLinkLost, "the link broke"};
  rig.wait(std::chrono::seconds(1));
  REQUIRE(rig.failed);
  rig.settlement.link_lost(rig.now);
  rig.wait(std::chrono::seconds(1));
  CHECK(rig.posts() == 1);
}

// Else it would be taken for its twin, and acknowledged without a row of its own.
TEST_CASE("settlement: what came late is not known again as one that is equal to it",
          "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  const bool is_stored_before = GENERATE(true, false);
  rig.take_good();
  if (is_stored_before) rig.store();
  rig.take_late(SettlementRig::kGood);
  REQUIRE_FALSE(rig.failed);
  if (!is_stored_before) rig.store();
  REQUIRE(rig.settlement.return_late());
  rig.lose_link();
  rig.take_again(SettlementRig::kGood);
  rig.wait(std::chrono::seconds(1));
  CHECK(rig.count(Verdict::kRecognised) == 0);
  CHECK(rig.posts() == 2);
}

// Also where it was delivered before.
TEST_CASE("settlement: a copy that came late is not known again as one that is stored after it",
          "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_late(SettlementRig::kGood, /*redelivered=*/true);
  REQUIRE_FALSE(rig.failed);
  REQUIRE(rig.settlement.return_late());
  rig.take_good();
  rig.store();
  rig.lose_link();
  rig.take_again(SettlementRig::kGood);
  rig.wait(std::chrono::seconds(1));
  CHECK(rig.count(Verdict::kRecognised) == 0);
  CHECK(rig.posts() == 2);
}

// One that has come back late is the same, and no twin of itself.
TEST_CASE("settlement: a copy that came late is known again", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.store();
  rig.lose_link();
  rig.take_late(SettlementRig::kGood, /*redelivered=*/true);
  REQUIRE_FALSE(rig.failed);
  REQUIRE(rig.settlement.return_late());
  rig.take_again(SettlementRig::kGood);
  rig.wait(std::chrono::seconds(1));
  CHECK(rig.count(Verdict::kRecognised) == 1);
}

}  // namespace
}  // namespace event_consumer
