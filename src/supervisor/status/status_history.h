// StatusHistory: what `event-consumer status --watch` has seen at its looks, as a line with a small
// chart for each figure. Prints nothing itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "common/clock.h"

namespace event_consumer {

class StatusHistory {
 public:
  // `json` is a status that was asked for at `at`, later than those before.
  void add(const std::string& json, TimePoint at);

  // A line of `width` columns each for events in and stored a second, dead letters and those in
  // hand; the latest on the right. A rate needs two looks: before, nothing.
  std::string charts(std::size_t width) const;

 private:
  static constexpr std::size_t kMostLooks = 300;

  struct Look {
    TimePoint at;
    std::uint64_t received;
    std::uint64_t inserted;
    std::uint64_t dead_lettered;
    std::uint64_t in_hand;
  };

  std::deque<double> rates(std::uint64_t Look::*counter) const;

  std::deque<Look> looks_;
};

}  // namespace event_consumer
