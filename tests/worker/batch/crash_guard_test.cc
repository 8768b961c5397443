#include "worker/batch/crash_guard.h"

#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {

using testing::SettlementRig;

TEST_CASE("equal bodies have equal fingerprints, others do not") {
  CHECK(fingerprint_of("one") == fingerprint_of("one"));
  CHECK_FALSE(fingerprint_of("one") == fingerprint_of("two"));
  CHECK_FALSE(fingerprint_of("") == fingerprint_of(std::string_view("\0", 1)));
}

TEST_CASE("the note stands while a delivery is encoded, and no longer") {
  auto board = Scoreboard::without_sharing();
  REQUIRE(board);
  CrashGuard guard(*board, {1, 0});
  Delivery delivery;
  delivery.body = "body";
  std::optional<Fingerprint> noted;
  guard.guard(delivery, [&]() -> std::optional<Rejection> {
    noted = board->row({1, 0}).encoding.fingerprint();
    return std::nullopt;
  });
  REQUIRE(noted);
  CHECK(*noted == fingerprint_of("body"));
  CHECK_FALSE(board->row({1, 0}).encoding.fingerprint());
}

TEST_CASE(
    "a delivery over which two workers have died is dead-lettered unread when it comes again") {
  SettlementRig rig;
  const std::string body = R"({"code":"ab"})";
  DeliveryDeaths deaths{};
  deaths.count(fingerprint_of(body), rig.now);
  rig.board.delivery_deaths().publish(deaths);
  rig.take_again(body);
  CHECK(rig.dead_letters.letters.empty());

  deaths.count(fingerprint_of(body), rig.now);
  rig.board.delivery_deaths().publish(deaths);
  rig.now += SettlementRig::kDelay;  // what comes in the same turn waits for the next
  rig.take_again(body);
  REQUIRE(rig.dead_letters.letters.size() == 1);
  CHECK(rig.dead_letters.letters[0].rejection.reason == Reason::kWorkerDied);
  // A twin that comes for the first time has killed nobody.
  rig.take(body);
  CHECK(rig.dead_letters.letters.size() == 1);
}

TEST_CASE("workers that live and encode an equal body at the same time have not died over it") {
  SettlementRig rig;
  const std::string body = R"({"code":"ab"})";
  SupervisorRecord supervisor{};
  supervisor.slots = 8;
  rig.board.supervisor().publish(supervisor);
  for (int slot = 2; slot <= 8; ++slot)
    rig.board.row({slot, 0}).encoding.begin(fingerprint_of(body));
  rig.take_again(body);
  CHECK(rig.dead_letters.letters.empty());
}

}  // namespace event_consumer
