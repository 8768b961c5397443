// FaultDeck: draws faults, and numbers for them, from a seed: the same one gives the same ones
// anywhere. Each class comes once before one comes again.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "tests/chaos/fault_kinds.h"

namespace event_consumer::testing {

class FaultDeck {
 public:
  // Of these classes.
  FaultDeck(std::uint64_t seed, std::vector<FaultKind> kinds)
      : random_(seed), kinds_(std::move(kinds)) {}

  FaultKind draw();

  // From `lowest` to `highest`, both included. Of a sequence of its own: what is drawn next does
  // not depend on how often this was asked.
  unsigned number(unsigned lowest, unsigned highest);

 private:
  std::mt19937_64 random_;
  std::vector<FaultKind> kinds_;
  std::mt19937_64 numbers_{random_()};
  std::vector<FaultKind> left_;
};

}  // namespace event_consumer::testing
