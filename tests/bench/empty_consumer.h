// The yardstick: a consumer that does nothing with what it gets. Single-threaded rabbitmq-c, the
// same prefetch and acknowledgements as a worker, no parsing and no insert.
#pragma once

#include <cstdint>
#include <string>

namespace event_consumer::testing {

struct ConsumerRun {
  double seconds;      // from the request to consume to the last event
  double cpu_seconds;  // user and system
};

// Takes `events` messages from the queue and acknowledges them. Throws std::runtime_error when the
// broker does not play along.
ConsumerRun run_empty_consumer(int port, const std::string& queue, std::uint64_t events,
                               std::uint16_t prefetch, std::uint64_t acknowledge_every);

}  // namespace event_consumer::testing
