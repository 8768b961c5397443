// A delivery that is the last which a quorum queue permits: given back, it would be dropped.
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "worker/loop/settlement.h"

namespace event_consumer {
namespace {

using testing::SettlementRig;
using testing::Tags;

// Fills memory, and takes last deliveries that come late until one is not kept. Returns the number
// of those kept.
std::size_t take_late_until_full(SettlementRig& rig) {
  while (rig.settlement.may_take()) rig.take_good();
  std::size_t held = 0;
  std::size_t kept = 0;
  for (; rig.settlement.in_flight().held_bytes() != held; ++kept) {
    held = rig.settlement.in_flight().held_bytes();
    rig.take_late_last();
  }
  return kept - 1;
}

TEST_CASE("settlement: at its last delivery an event is stored like any other", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_last();
  CHECK(rig.settlement.keeps_last());
  rig.store();
  CHECK(rig.source.acknowledged == Tags{1});
  CHECK(rig.dead_letters.letters.empty());
  CHECK_FALSE(rig.settlement.has_last());
}

TEST_CASE("settlement: what its queue would drop is dead-lettered before the others go back",
          "[settlement]") {
  SettlementRig rig;
  rig.take_good();
  rig.take_last();
  rig.take_good();
  rig.take_last();
  REQUIRE(rig.settlement.give_back_all(rig.now));
  REQUIRE(rig.dead_letters.letters.size() == 2);
  CHECK(rig.dead_letters.letters[0].tag == 2);
  CHECK(rig.dead_letters.letters[1].tag == 4);
  CHECK((rig.dead_letters.letters[0].rejection.reason == Reason::kDeliveryLimit));
  CHECK(rig.source.given_back_up_to.empty());
  CHECK(rig.settlement.is_giving_back());
  CHECK_FALSE(rig.settlement.keeps_last());

  rig.confirm_dead_letter();
  CHECK(rig.settlement.has_last());
  rig.confirm_dead_letter();
  CHECK_FALSE(rig.settlement.has_last());
  REQUIRE(rig.settlement.give_back_all(rig.now));
  CHECK(rig.source.given_back_up_to == Tags{1, 3});
  CHECK(rig.source.acknowledged == Tags{2, 4});
  CHECK_FALSE(rig.settlement.is_giving_back());
  CHECK(rig.count(Verdict::kDeadLettered) == 2);
  CHECK(rig.count(Verdict::kReturned) == 2);
}

// Its rows are none of anybody's any more. The others have them as long as they are in hand.
TEST_CASE("settlement: what is dead-lettered for a hold is not stored meanwhile", "[settlement]") {
  SettlementRig rig(/*rows=*/2);
  rig.take_last();
  rig.take_good();
  rig.refuse();
  REQUIRE(rig.settlement.give_back_all(rig.now));
  rig.wait_for_deadline();
  rig.table_unchanged();
  CHECK(rig.post(1).tags == Tags{2});
  rig.store();
  CHECK(rig.source.acknowledged.empty());
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{2});
  REQUIRE(rig.settlement.give_back_all(rig.now));
  CHECK(rig.source.given_back_up_to.empty());
  CHECK(rig.posts() == 2);
}

// It was told: given back it would be stored twice.
TEST_CASE("settlement: an answer that comes during the wait for a confirm counts", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.take_last();
  REQUIRE(rig.settlement.give_back_all(rig.now));
  rig.store();
  CHECK(rig.source.acknowledged == Tags{1});
  rig.confirm_dead_letter();
  REQUIRE(rig.settlement.give_back_all(rig.now));
  CHECK(rig.source.given_back_up_to.empty());
}

TEST_CASE("settlement: a last delivery that must go leaves the others in hand", "[settlement]") {
  SettlementRig rig(/*rows=*/3);
  rig.take_good();
  rig.take_last();
  rig.take_good();
  rig.refuse();
  REQUIRE(rig.settlement.dead_letter_last(rig.now));
  REQUIRE(rig.dead_letters.letters.size() == 1);
  CHECK(rig.dead_letters.letters[0].tag == 2);
  CHECK((rig.dead_letters.letters[0].rejection.reason == Reason::kDeliveryLimit));
  CHECK(rig.source.given_back_up_to.empty());
  CHECK_FALSE(rig.settlement.is_giving_back());
  CHECK_FALSE(rig.settlement.has_room());

  rig.wait_for_deadline();
  rig.table_unchanged();
  CHECK(rig.settlement.has_room());
  REQUIRE(rig.posts() == 2);
  CHECK(rig.post(1).tags == Tags{1, 3});
  rig.store();
  CHECK(rig.source.acknowledged == Tags{1});
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{1, 3});
  CHECK(rig.count(Verdict::kStored) == 2);
  CHECK(rig.count(Verdict::kDeadLettered) == 1);
  CHECK(rig.count(Verdict::kReturned) == 0);
}

// It is in the table, too; the others are there once.
TEST_CASE("settlement: one that may be stored has its verdict from the dead-letter queue",
          "[settlement]") {
  SettlementRig rig(/*rows=*/2);
  rig.take_last();
  rig.take_good();
  rig.leave_unknown();
  REQUIRE(rig.settlement.dead_letter_last(rig.now));
  rig.wait_for_deadline();
  rig.table_unchanged();
  CHECK(rig.post(1).token == rig.post(0).token);
  rig.store();
  CHECK(rig.source.acknowledged.empty());
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{2});
  CHECK(rig.count(Verdict::kStored) == 1);
  CHECK(rig.count(Verdict::kDeadLettered) == 1);
}

// What was rejected before waits for its confirm, too.
TEST_CASE("settlement: a rejected one at its last delivery is not given back", "[settlement]") {
  SettlementRig rig;
  Delivery bad;
  bad.tag = ++rig.last_tag;
  bad.is_last = true;
  bad.body = "bad";
  REQUIRE(rig.settlement.take(bad, rig.now));
  REQUIRE(rig.settlement.give_back_all(rig.now));
  CHECK(rig.dead_letters.letters.size() == 1);
  CHECK(rig.source.given_back_up_to.empty());
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{1});
}

// One event that does not fit says nothing of the table when the others had to go for another
// reason.
TEST_CASE("settlement: what is left when last deliveries are gone does not make a misfit",
          "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take(R"({"other":1})");
  rig.take_last();
  rig.refuse();
  REQUIRE(rig.settlement.give_back_all(rig.now));
  rig.wait_for_deadline();
  rig.table_unchanged();
  rig.confirm_dead_letter();
  REQUIRE(rig.settlement.nothing_fits());
  REQUIRE(rig.settlement.give_back_all(rig.now));
  CHECK(rig.source.given_back_up_to == Tags{1});
  CHECK_FALSE(rig.settlement.has_room());
  rig.wait_for_deadline();
  rig.table_unchanged();
  CHECK(rig.settlement.has_room());
}

TEST_CASE("settlement: a last delivery that must go does not make a misfit of the others",
          "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_last(R"({"other":1})");
  rig.take(R"({"other":2})");
  REQUIRE(rig.settlement.nothing_fits());
  REQUIRE(rig.settlement.dead_letter_last(rig.now));
  rig.wait_for_deadline();
  rig.table_unchanged();
  CHECK(rig.settlement.has_room());
}

// All of them had to go as none fits.
TEST_CASE("settlement: a misfit stays one while last deliveries are waited for", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take(R"({"other":1})");
  rig.take_last(R"({"other":2})");
  REQUIRE(rig.settlement.give_back_all(rig.now));
  rig.confirm_dead_letter();
  REQUIRE(rig.settlement.give_back_all(rig.now));
  rig.wait_for_deadline();
  rig.table_unchanged();
  CHECK_FALSE(rig.settlement.has_room());
}

TEST_CASE("settlement: without a dead-letter queue the queue's own policy applies",
          "[settlement]") {
  SettlementRig rig(3, 100, 1000, SettlementRig::DeadLetters::kNo);
  rig.take_last();
  CHECK_FALSE(rig.settlement.has_last());
  REQUIRE(rig.settlement.give_back_all(rig.now));
  CHECK(rig.source.given_back_up_to == Tags{1});
}

TEST_CASE("settlement: a last delivery that comes late is taken", "[settlement]") {
  SettlementRig rig(/*rows=*/100);
  rig.take_late_last();
  REQUIRE_FALSE(rig.failed);
  REQUIRE(rig.settlement.return_late());
  CHECK(rig.source.given_back.empty());
  rig.drain();
  rig.take_late_last();
  REQUIRE_FALSE(rig.failed);
  rig.store();
  rig.store();
  CHECK(rig.source.acknowledged == Tags{1, 2});
}

TEST_CASE("settlement: last deliveries that come late are taken up to twice the memory",
          "[settlement]") {
  SettlementRig rig(/*rows=*/100, /*prefetch=*/100, /*bytes=*/30);
  CHECK(take_late_until_full(rig) > 3);
  REQUIRE_FALSE(rig.failed);
  REQUIRE(rig.dead_letters.letters.size() == 1);
  CHECK((rig.dead_letters.letters[0].rejection.reason == Reason::kDeliveryLimit));
  REQUIRE(rig.settlement.return_late());
  CHECK(rig.source.given_back.empty());
  rig.confirm_dead_letter();
  CHECK(rig.count(Verdict::kDeadLettered) == 1);
}

TEST_CASE("settlement: beyond that they go back where there is no dead-letter queue",
          "[settlement]") {
  SettlementRig rig(100, 100, 30, SettlementRig::DeadLetters::kNo);
  CHECK(take_late_until_full(rig) > 3);
  REQUIRE_FALSE(rig.failed);
  REQUIRE(rig.settlement.return_late());
  CHECK(rig.source.given_back == Tags{rig.last_tag});
}

TEST_CASE("settlement: what came late before a last delivery does not keep it from its verdict",
          "[settlement]") {
  SettlementRig rig(/*rows=*/100);
  rig.drain();
  Delivery late;
  late.tag = ++rig.last_tag;
  REQUIRE(rig.settlement.take_late(late, rig.now));
  CHECK_FALSE(rig.settlement.took_behind_late());
  CHECK(rig.settlement.drained());
  rig.take_late_last();
  REQUIRE_FALSE(rig.failed);
  CHECK(rig.settlement.took_behind_late());
  CHECK_FALSE(rig.settlement.drained());
  rig.store();
  CHECK(rig.source.acknowledged.empty());
  REQUIRE(rig.settlement.return_late());
  CHECK(rig.source.given_back == Tags{1});
  CHECK(rig.source.acknowledged == Tags{2});
}

TEST_CASE("settlement: with the link the wait for a confirm is over", "[settlement]") {
  SettlementRig rig;
  rig.take_last();
  REQUIRE(rig.settlement.give_back_all(rig.now));
  rig.lose_link();
  CHECK_FALSE(rig.settlement.is_giving_back());
  CHECK_FALSE(rig.settlement.has_last());
}

}  // namespace
}  // namespace event_consumer
