#include "common/said_once.h"

#include <algorithm>

namespace event_consumer {

bool SaidOnce::is_news(const std::string& text, TimePoint now) {
  const auto is_old = [&](const auto& said) { return now - said.second >= kPeriod; };
  said_.erase(std::remove_if(said_.begin(), said_.end(), is_old), said_.end());
  const bool is_known =
      std::any_of(said_.begin(), said_.end(), [&](const auto& said) { return said.first == text; });
  if (is_known || said_.size() == kMost) return false;
  said_.emplace_back(text, now);
  return true;
}

}  // namespace event_consumer
