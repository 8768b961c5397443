// LoggedCounters: what an instance says about its deliveries, read from its log, so that a test can
// compare it with what the world outside saw.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace event_consumer::testing {

struct LoggedCounters {
  std::uint64_t received;
  std::uint64_t inserted;
  std::uint64_t dead_lettered;
  std::uint64_t rejected;
  std::uint64_t recognised;
  std::uint64_t returned;
  std::uint64_t in_hand;

  // Every delivery has exactly one verdict.
  bool holds() const {
    return received == inserted + dead_lettered + rejected + recognised + returned + in_hand;
  }
};

// The line «received … = inserted … + …» that was logged last, at a stop or for SIGUSR1.
std::optional<LoggedCounters> last_logged_counters(const std::string& log);

}  // namespace event_consumer::testing
