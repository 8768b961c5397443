// LogLimiter: keeps a fault that comes again and again from filling the log. Each text is news once
// in ten minutes, and no more than a few texts are: servers put figures into their words.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"

namespace event_consumer {

class LogLimiter {
 public:
  static constexpr std::chrono::minutes kPeriod{10};
  static constexpr std::size_t kMost = 8;

  // Whether `text` is to be said now; it then counts as said.
  bool is_news(const std::string& text, TimePoint now);

  // The fault is over: whatever comes next is news.
  void over() { texts_.clear(); }

 private:
  std::vector<std::pair<std::string, TimePoint>> texts_;
};

}  // namespace event_consumer
