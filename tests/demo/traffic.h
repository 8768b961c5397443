// The traffic of the demonstration: publishes the click events, some of them broken, and watches
// them arrive, with a line of progress meanwhile.
#pragma once

#include <cstdint>

#include "tests/demo/stage.h"

namespace event_consumer::testing {

constexpr std::uint64_t kDemoEvents = 100000;

// What has become of the events so far.
struct Counts {
  std::uint64_t published = 0;
  std::uint64_t stored = 0;
  std::uint64_t dead_lettered = 0;
};

// How many of the kDemoEvents messages are broken; each kind occurs once.
std::uint64_t broken_events();

// Publishes everything and returns the counts when each event has arrived somewhere. Throws
// std::runtime_error when the service ends or when nothing arrives any more for 30 s.
Counts run_traffic(const Stage& stage);

}  // namespace event_consumer::testing
