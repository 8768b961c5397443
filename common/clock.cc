#include "common/clock.h"

#include <algorithm>

namespace event_consumer {

std::optional<TimePoint> earliest(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (!a) return b;
  if (!b) return a;
  return std::min(*a, *b);
}

int poll_timeout_ms(std::optional<TimePoint> deadline, TimePoint now) {
  if (!deadline) return -1;
  if (*deadline <= now) return 0;
  auto wait = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now).count();
  constexpr long kLongestMs = 3'600'000;
  return static_cast<int>(std::min<long>(wait, kLongestMs));
}

}  // namespace event_consumer
