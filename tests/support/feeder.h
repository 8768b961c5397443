// Feeder: publishes click events in the background at a steady rate, until told to stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "tests/support/click_events.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {

class Feeder {
 public:
  // Begins at once with event 0. The topology must be there.
  Feeder(const TestTopology& topology, const ClickEvents& events, unsigned events_per_second);
  ~Feeder() { stop(); }

  // So many events were confirmed until now.
  std::uint64_t published() const { return published_; }

  // Publishes no more. Returns how many events the broker has confirmed: 0 to this, excluding it.
  std::uint64_t stop();

 private:
  void run();

  const TestTopology& topology_;
  const ClickEvents& events_;
  const unsigned events_per_second_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> published_{0};
  std::thread thread_;
};

}  // namespace event_consumer::testing
