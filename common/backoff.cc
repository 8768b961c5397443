#include "common/backoff.h"

#include <algorithm>
#include <utility>

namespace event_consumer {
namespace {

BackoffSeeds& seeds() {
  static BackoffSeeds seeds;
  return seeds;
}

}  // namespace

std::uint64_t draw_backoff_seed() { return seeds() ? seeds()() : std::random_device{}(); }

BackoffSeeds set_backoff_seeds(BackoffSeeds new_seeds) {
  return std::exchange(seeds(), std::move(new_seeds));
}

Duration Backoff::next() {
  const Duration step = next_;
  next_ = std::min(longest_, 2 * step);
  std::uniform_int_distribution<Duration::rep> draw(step.count() / 2, step.count());
  return Duration(draw(random_));
}

}  // namespace event_consumer
