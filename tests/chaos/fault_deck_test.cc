#include "tests/chaos/fault_deck.h"

#include <set>

#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

std::vector<FaultKind> draw(FaultDeck& deck, std::size_t count) {
  std::vector<FaultKind> drawn;
  for (std::size_t i = 0; i < count; ++i) drawn.push_back(deck.draw());
  return drawn;
}

std::vector<FaultKind> all_kinds() {
  std::vector<FaultKind> kinds;
  for (const FaultClass& each : fault_classes()) kinds.push_back(each.kind);
  return kinds;
}

}  // namespace

TEST_CASE("chaos deck: classes stand in the order of their kinds") {
  for (std::size_t i = 0; i < kFaultKinds; ++i)
    CHECK(static_cast<std::size_t>(fault_classes()[i].kind) == i);
}

TEST_CASE("chaos deck: each class comes once before one comes again") {
  FaultDeck deck(7, all_kinds());
  for (int round = 0; round < 3; ++round) {
    const auto drawn = draw(deck, kFaultKinds);
    CHECK(std::set<FaultKind>(drawn.begin(), drawn.end()).size() == kFaultKinds);
  }
}

TEST_CASE("chaos deck: only the classes that are meant are drawn") {
  FaultDeck deck(7, {FaultKind::kDeleteQueue, FaultKind::kDropTable});
  const auto drawn = draw(deck, 2);
  CHECK(std::set<FaultKind>(drawn.begin(), drawn.end()) ==
        std::set<FaultKind>{FaultKind::kDeleteQueue, FaultKind::kDropTable});
}

TEST_CASE("chaos deck: a seed repeats its faults, however many numbers were drawn") {
  FaultDeck one(7, all_kinds()), same(7, all_kinds()), other(8, all_kinds());
  const unsigned number = one.number(1, 1000);
  CHECK(number == same.number(1, 1000));
  same.number(1, 2);
  const auto drawn = draw(one, 2 * kFaultKinds);
  CHECK(drawn == draw(same, 2 * kFaultKinds));
  CHECK(drawn != draw(other, 2 * kFaultKinds));
}

TEST_CASE("chaos deck: numbers lie between their bounds, and reach both") {
  FaultDeck deck(7, all_kinds());
  std::set<unsigned> seen;
  for (int i = 0; i < 100; ++i) seen.insert(deck.number(3, 5));
  CHECK(seen == std::set<unsigned>{3, 4, 5});
}

}  // namespace event_consumer::testing
