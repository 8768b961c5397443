#include "common/backoff.h"

#include <algorithm>

namespace event_consumer {

Duration Backoff::next() {
  const Duration step = next_;
  next_ = std::min(longest_, 2 * step);
  std::uniform_int_distribution<Duration::rep> draw(step.count() / 2, step.count());
  return Duration(draw(random_));
}

}  // namespace event_consumer
