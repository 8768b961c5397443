// Backoff: how long to wait before the next try. Doubles from a first delay to a longest one; each
// delay is drawn from its upper half, so that many that failed together do not come back together.
#pragma once

#include <cstdint>
#include <functional>
#include <random>

#include "common/clock.h"

namespace event_consumer {

// A seed for the jitter of one Backoff: the machine's, or of whatever a test has put in its place.
std::uint64_t draw_backoff_seed();
using BackoffSeeds = std::function<std::uint64_t()>;
// For tests that must repeat exactly; returns what was there before. Empty: the machine's.
BackoffSeeds set_backoff_seeds(BackoffSeeds seeds);

class Backoff {
 public:
  // `seed` starts the jitter; tests give their own.
  Backoff(Duration first, Duration longest, std::uint64_t seed = draw_backoff_seed())
      : first_(first), longest_(longest), next_(first), random_(seed) {}

  // The delay before the next try, between half of the current step and the whole of it. Each call
  // doubles the step, up to the longest.
  Duration next();

  // Forgets all failures: the next delay is of the first step again.
  void reset() { next_ = first_; }

 private:
  Duration first_;
  Duration longest_;
  Duration next_;
  std::mt19937_64 random_;
};

}  // namespace event_consumer
