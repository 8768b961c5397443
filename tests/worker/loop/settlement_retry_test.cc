// What becomes of a batch whose insert failed: the same bytes under the same token, later.
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "worker/loop/settlement.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SettlementRig;
using testing::Tags;
using Kind = InsertOutcome::Kind;

bool is_drawn_from(Duration step, Duration delay) { return delay >= step / 2 && delay <= step; }

TEST_CASE("settlement: a failed batch is posted again, the same bytes under the same token",
          "[settlement]") {
  for (const Kind kind : {Kind::kRefused, Kind::kUnknown}) {
    SettlementRig rig;
    for (int i = 0; i < 3; ++i) rig.take_good();
    rig.answer(kind);
    CHECK_FALSE(rig.failed);
    CHECK(rig.posts() == 1);
    CHECK_FALSE(rig.settlement.request_under_way());
    CHECK(rig.in_hand() == 3);

    rig.wait_for_deadline();
    REQUIRE(rig.posts() == 2);
    CHECK(rig.post(1).batch == rig.post(0).batch);
    CHECK(rig.post(1).token == rig.post(0).token);
    CHECK(rig.post(1).bytes == rig.post(0).bytes);
    CHECK(rig.post(1).tags == Tags{1, 2, 3});
    CHECK(rig.source.acknowledged.empty());

    rig.store();
    CHECK(rig.source.acknowledged == Tags{3});
    CHECK(rig.count(Verdict::kStored) == 3);
  }
}

TEST_CASE("settlement: not before its time", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.refuse();
  const Duration delay = *rig.settlement.deadline() - rig.now;
  CHECK(is_drawn_from(milliseconds(100), delay));
  rig.wait(delay - std::chrono::nanoseconds(1));
  rig.take_good();
  CHECK(rig.posts() == 1);
  rig.wait(std::chrono::nanoseconds(1));
  CHECK(rig.posts() == 2);
}

TEST_CASE("settlement: each failure doubles the wait, up to half a minute", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  for (int step : {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000}) {
    rig.refuse();
    CHECK(is_drawn_from(milliseconds(step), *rig.settlement.deadline() - rig.now));
    rig.wait_for_deadline();
  }
}

TEST_CASE("settlement: a success forgives all failures", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  for (int i = 0; i < 5; ++i) {
    rig.refuse();
    rig.wait_for_deadline();
  }
  rig.store();
  rig.wait(Duration::zero());  // the broker is asked about the acknowledgement
  rig.take_good();
  rig.refuse();
  CHECK(is_drawn_from(milliseconds(100), *rig.settlement.deadline() - rig.now));
}

TEST_CASE("settlement: no batch overtakes one that waits for its repeat", "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_good();
  rig.take_good();
  rig.refuse();
  rig.take_good();
  CHECK(rig.posts() == 1);
  rig.wait_for_deadline();
  REQUIRE(rig.posts() == 2);
  CHECK(rig.post(1).tags == Tags{1});
  rig.store();
  REQUIRE(rig.posts() == 3);
  CHECK(rig.post(2).tags == Tags{2});
  CHECK(rig.source.acknowledged == Tags{1});
}

TEST_CASE("settlement: rows that are old enough are joined by others while one waits",
          "[settlement]") {
  SettlementRig rig(/*rows=*/2);
  rig.take_good();
  rig.take_good();
  rig.refuse();
  rig.take_good();
  while (rig.posts() == 1) rig.wait_for_deadline();
  rig.leave_unknown();
  rig.wait(seconds(1));  // 3 is old enough, and the repeat is due
  rig.take_good();
  CHECK(rig.inserter.overlaps == 0);
  rig.store();
  REQUIRE(rig.posts() == 4);
  CHECK(rig.post(3).tags == Tags{3, 4});
}

TEST_CASE("settlement: an outage costs time, not events", "[settlement]") {
  SettlementRig rig(/*rows=*/2);
  for (int i = 0; i < 6; ++i) rig.take_good();
  for (int i = 0; i < 200; ++i) {
    rig.answer(i % 2 == 0 ? Kind::kRefused : Kind::kUnknown);
    CHECK(rig.in_hand() == 6);
    CHECK(rig.source.acknowledged.empty());
    rig.wait_for_deadline();
    CHECK(rig.posts() == static_cast<std::size_t>(i) + 2);
    CHECK(rig.post(rig.posts() - 1).token == rig.post(0).token);
  }
  for (int i = 0; i < 3; ++i) rig.store();
  CHECK(rig.source.acknowledged == Tags{2, 4, 6});
  CHECK(rig.count(Verdict::kStored) == 6);
}

TEST_CASE("settlement: bad events are dead-lettered during an outage, and not acknowledged past it",
          "[settlement]") {
  SettlementRig rig(/*rows=*/1);
  rig.take_bad();
  rig.take_good();
  rig.refuse();
  rig.take_bad();
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{1});
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{1});
  rig.wait_for_deadline();
  rig.store();
  CHECK(rig.source.acknowledged == Tags{1, 3});
}

}  // namespace
}  // namespace event_consumer
