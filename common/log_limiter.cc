#include "common/log_limiter.h"

#include <algorithm>

namespace event_consumer {

bool LogLimiter::is_news(const std::string& text, TimePoint now) {
  const auto is_old = [&](const auto& said) { return now - said.second >= kPeriod; };
  log_limiter_.erase(std::remove_if(log_limiter_.begin(), log_limiter_.end(), is_old),
                     log_limiter_.end());
  const bool is_known = std::any_of(log_limiter_.begin(), log_limiter_.end(),
                                    [&](const auto& said) { return said.first == text; });
  if (is_known || log_limiter_.size() == kMost) return false;
  log_limiter_.emplace_back(text, now);
  return true;
}

}  // namespace event_consumer
