#include "tests/chaos/fault_deck.h"

#include <utility>

namespace event_consumer::testing {

FaultKind FaultDeck::draw() {
  if (left_.empty()) {
    left_ = kinds_;
    // Not std::shuffle, which each library does in its own way.
    for (std::size_t i = left_.size() - 1; i > 0; --i)
      std::swap(left_[i], left_[random_() % (i + 1)]);
  }
  const FaultKind drawn = left_.back();
  left_.pop_back();
  return drawn;
}

unsigned FaultDeck::number(unsigned lowest, unsigned highest) {
  return lowest + static_cast<unsigned>(numbers_() % (highest - lowest + 1));
}

}  // namespace event_consumer::testing
