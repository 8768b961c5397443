#include "common/log_limiter.h"

#include <algorithm>

namespace event_consumer {

bool LogLimiter::is_news(const std::string& text, TimePoint now) {
  const auto is_old = [&](const auto& said) { return now - said.second >= kPeriod; };
  texts_.erase(std::remove_if(texts_.begin(), texts_.end(), is_old), texts_.end());
  const bool is_known = std::any_of(texts_.begin(), texts_.end(),
                                    [&](const auto& said) { return said.first == text; });
  if (is_known || texts_.size() == kMost) return false;
  texts_.emplace_back(text, now);
  return true;
}

}  // namespace event_consumer
