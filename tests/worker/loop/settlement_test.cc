// The way of a delivery: taken, batched, posted, stored or dead-lettered, acknowledged. What
// happens when an insert fails stands in pipeline_retry_test.cc, the stop in
// pipeline_drain_test.cc.
#include "worker/loop/settlement.h"

#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using testing::SettlementRig;
using testing::Tags;

TEST_CASE("settlement: rows are posted together and acknowledged once they are stored",
          "[settlement]") {
  SettlementRig rig;
  for (int i = 0; i < 2; ++i) rig.take_good();
  CHECK(rig.posts() == 0);
  rig.take_good();
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1, 2, 3});
  CHECK(rig.post(0).bytes == "\2ab\2ab\2ab");
  CHECK(rig.post(0).token.size() == 32);
  CHECK(rig.settlement.request_under_way());
  CHECK(rig.source.acknowledged.empty());

  rig.store();
  CHECK(rig.source.acknowledged == Tags{3});
  CHECK(rig.count(Verdict::kStored) == 3);
  CHECK(rig.in_hand() == 0);
  CHECK_FALSE(rig.settlement.request_under_way());
  CHECK_FALSE(rig.failed);
}

TEST_CASE("settlement: one batch at a time, in their order", "[settlement]") {
  SettlementRig rig;
  for (int i = 0; i < 9; ++i) rig.take_good();
  CHECK(rig.posts() == 1);
  rig.store();
  CHECK(rig.posts() == 2);
  CHECK(rig.source.acknowledged == Tags{3});
  rig.store();
  rig.store();
  REQUIRE(rig.posts() == 3);
  CHECK(rig.post(1).tags == Tags{4, 5, 6});
  CHECK(rig.post(2).tags == Tags{7, 8, 9});
  CHECK(rig.source.acknowledged == Tags{3, 6, 9});
  CHECK(rig.inserter.overlaps == 0);
}

TEST_CASE("settlement: the oldest row does not wait longer than its age limit", "[settlement]") {
  SettlementRig rig;
  CHECK_FALSE(rig.settlement.deadline().has_value());
  rig.take_good();
  CHECK((rig.settlement.deadline() == rig.now + SettlementRig::kDelay));
  rig.wait(SettlementRig::kDelay - milliseconds(1));
  rig.take_good();
  CHECK(rig.posts() == 0);
  rig.wait(milliseconds(1));
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1, 2});
  CHECK_FALSE(rig.settlement.deadline().has_value());
}

TEST_CASE("settlement: a full prefetch window is posted at once, for nothing more will come",
          "[settlement]") {
  SettlementRig rig(/*rows=*/100, /*prefetch=*/4);
  for (int i = 0; i < 3; ++i) rig.take_good();
  CHECK(rig.posts() == 0);
  rig.take_good();
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1, 2, 3, 4});
}

TEST_CASE("settlement: a window is full of rejected ones as well", "[settlement]") {
  SettlementRig rig(/*rows=*/100, /*prefetch=*/4);
  rig.take_good();
  for (int i = 0; i < 3; ++i) rig.take_bad();
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1});
}

// The broker counts what it has no acknowledgement for: 2 and 3 cannot get theirs before 1.
TEST_CASE("settlement: a window is full of dead letters that wait behind a row", "[settlement]") {
  SettlementRig rig(/*rows=*/100, /*prefetch=*/4);
  rig.take_good();
  rig.take_bad();
  rig.confirm_dead_letter();
  rig.take_bad();
  rig.take_bad();
  CHECK(rig.posts() == 1);
}

// The broker may block publishers for as long as its queue is not emptied.
TEST_CASE("settlement: a dead letter that is not confirmed keeps no window full", "[settlement]") {
  SettlementRig rig(/*rows=*/100, /*prefetch=*/4);
  rig.take_bad();
  for (int i = 0; i < 3; ++i) rig.take_good();
  CHECK(rig.source.acknowledged_alone.empty());
  rig.store();
  CHECK(rig.source.acknowledged_alone == Tags{2, 3, 4});
  CHECK_FALSE(rig.settlement.window_is_full());
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{1});
}

TEST_CASE("settlement: enough bytes are posted", "[settlement]") {
  SettlementRig rig(/*rows=*/100, /*prefetch=*/100, /*bytes=*/20);
  rig.take(R"({"code":"12345678"})");  // nine bytes with its length
  rig.take(R"({"code":"12345678"})");
  CHECK(rig.posts() == 0);
  rig.take_good();
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1, 2, 3});
}

TEST_CASE("settlement: an event larger than a batch may be is dead-lettered as too large",
          "[settlement]") {
  SettlementRig rig(3, 100, /*bytes=*/20);
  const std::string fits = R"({"code":"12345678" })";
  REQUIRE(fits.size() == 20);
  rig.take(fits);
  CHECK(rig.dead_letters.letters.empty());
  rig.take(fits + " ");
  REQUIRE(rig.dead_letters.letters.size() == 1);
  const auto& letter = rig.dead_letters.letters[0];
  CHECK(letter.tag == 2);
  CHECK(letter.body == fits + " ");
  CHECK((letter.rejection.reason == Reason::kTooLarge));
  CHECK(letter.rejection.error == "21 bytes, --batch-bytes is 20");
}

TEST_CASE("settlement: a bad event costs itself only", "[settlement]") {
  SettlementRig rig;
  rig.take_good();
  rig.take_bad();
  rig.take(R"({"code":null})");
  rig.take_good();
  rig.take_good();
  REQUIRE(rig.dead_letters.letters.size() == 2);
  CHECK(rig.dead_letters.letters[0].tag == 2);
  CHECK(rig.dead_letters.letters[0].body == "bad");
  CHECK((rig.dead_letters.letters[0].rejection.reason == Reason::kNotJson));
  CHECK((rig.dead_letters.letters[1].rejection.reason == Reason::kMissingField));
  CHECK(rig.dead_letters.letters[1].rejection.column == "code");
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1, 4, 5});
  CHECK(rig.post(0).bytes == "\2ab\2ab\2ab");
}

TEST_CASE("settlement: a dead letter is acknowledged only when it is confirmed", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_bad();
  rig.take_good();
  rig.store();
  CHECK(rig.source.acknowledged.empty());
  CHECK(rig.in_hand() == 1);
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{2});
  CHECK(rig.count(Verdict::kDeadLettered) == 1);
  CHECK(rig.in_hand() == 0);
}

TEST_CASE("settlement: a dead letter does not acknowledge the row before it", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.take_bad();
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged.empty());
  rig.store();
  CHECK(rig.source.acknowledged == Tags{2});
}

TEST_CASE("settlement: without a dead-letter queue the broker is told to drop it", "[settlement]") {
  SettlementRig rig(1, 100, 1000, SettlementRig::DeadLetters::kNo);
  rig.take_bad();
  CHECK(rig.source.rejected == Tags{1});
  CHECK(rig.count(Verdict::kRejected) == 1);
  CHECK(rig.in_hand() == 0);
  CHECK(rig.dead_letters.letters.empty());
  CHECK(rig.source.acknowledged.empty());

  rig.take_good();
  rig.take_bad();
  rig.store();
  CHECK(rig.source.rejected == Tags{1, 3});
  CHECK(rig.source.acknowledged == Tags{2});  // 3 is settled: its tag would close the channel
}

TEST_CASE("settlement: what is given back is neither posted nor acknowledged", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.give_back();
  CHECK(rig.source.given_back == Tags{2});
  CHECK(rig.count(Verdict::kReturned) == 1);
  rig.store();
  CHECK(rig.source.acknowledged == Tags{1});
  rig.take_good();
  rig.store();
  CHECK(rig.source.acknowledged == Tags{1, 3});
}

TEST_CASE("settlement: takes nothing more at four batches' bytes, and has room again at two",
          "[settlement]") {
  SettlementRig full(/*rows=*/1, /*prefetch=*/100, /*bytes=*/20);
  int taken = 0;
  for (; full.settlement.may_take(); ++taken) full.take_good();
  // Of 3 bytes and a body of 13 each: the first number at or above 4 × 20.
  CHECK(taken == 5);
  CHECK_FALSE(full.settlement.has_room());
  full.store();
  CHECK(full.settlement.may_take());
  CHECK_FALSE(full.settlement.has_room());
  full.store();
  CHECK_FALSE(full.settlement.has_room());
  full.store();
  CHECK(full.settlement.has_room());  // two rows, 32 bytes
}

// Seed 7152 of the simulation: nothing came for an event of more than half of the bytes.
TEST_CASE("settlement: what waits for others to decide keeps them from no room", "[settlement]") {
  SettlementRig rig(/*rows=*/1, /*prefetch=*/100, /*bytes=*/20);
  for (int event = 0; event < 3; ++event) rig.take_good();
  for (int event = 0; event < 3; ++event) {
    CHECK_FALSE(rig.settlement.has_room());
    rig.answer({InsertOutcome::Kind::kRefused, 469, "no", ErrorClass::kData});
    rig.table_unchanged();
  }
  CHECK(rig.settlement.wants_more());
  CHECK(rig.settlement.has_room());
}

TEST_CASE("settlement: takes nothing more while many bytes of dead letters are unconfirmed",
          "[settlement]") {
  SettlementRig rig(3, 100, /*bytes=*/1 << 20);
  rig.take(std::string(256 * 1024 - 1, 'x'));
  CHECK(rig.settlement.may_take());
  CHECK(rig.settlement.has_room());
  rig.take_bad();
  CHECK_FALSE(rig.settlement.may_take());
  CHECK_FALSE(rig.settlement.has_room());
  rig.confirm_dead_letter();
  CHECK(rig.settlement.may_take());
  CHECK(rig.settlement.has_room());
}

TEST_CASE("settlement: a tag out of order is an internal error", "[settlement]") {
  SettlementRig rig;
  Delivery delivery;
  delivery.tag = 2;
  delivery.body = R"({"code":"ab"})";
  const auto result = rig.settlement.take(delivery, rig.now);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().kind == ErrorKind::kInternal);
  CHECK(result.error().message == "delivery tag 2 came out of order");
}

TEST_CASE("settlement: a fault of its neighbours comes through", "[settlement]") {
  const Error lost{ErrorKind::kLinkLost, "lost"};
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.take_bad();
  rig.source.fault = lost;
  rig.store();
  CHECK(rig.failed);
  rig.confirm_dead_letter();
  CHECK(rig.failed);
  rig.give_back();
  CHECK(rig.failed);
  rig.dead_letters.fault = Error{ErrorKind::kConfiguration, "full"};
  rig.take_bad();
  CHECK(rig.failed);

  SettlementRig without(1, 100, 1000, SettlementRig::DeadLetters::kNo);
  without.source.fault = lost;
  without.take_bad();
  CHECK(without.failed);
}

}  // namespace
}  // namespace event_consumer
