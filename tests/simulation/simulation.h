// A simulated run of several workers, their neighbours and the people around them, all drawn from a
// seed: events are published while faults come and go; then every fault is healed, and everything
// must drain; at last the workers are stopped. The same seed is the same run.
#pragma once

#include <cstdint>
#include <string>

#include "common/clock.h"

namespace event_consumer::simulation {

struct RunReport {
  std::string failure;            // the first promise that was broken; empty when none was
  std::string story;              // what happened before
  std::uint64_t fingerprint = 0;  // of all that happened
  std::size_t events = 0;
  std::size_t limit_dropped = 0;  // by a quorum queue's delivery limit
  std::size_t limit_saved = 0;    // … or dead-lettered before that
  std::size_t length_dropped = 0;
  std::size_t wronged = 0;  // good events that ClickHouse refused alone, in the dead-letter queue
  std::size_t doubled = 0;  // rows more than events, as explained
  std::size_t in_part = 0;  // messages of two inserts, of which only one is stored
  Duration drained_in{};    // after the last fault
};

// With `tells`, what happens is written to standard error meanwhile.
RunReport simulate(std::uint64_t seed, bool tells = false);

}  // namespace event_consumer::simulation
