// Durations and numbers of workers for the log.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <cstddef>
#include <string>

#include "common/clock.h"

namespace event_consumer {

inline double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

inline std::string count_of_workers(std::size_t count) {
  return fmt::format("{} worker{}", count, count == 1 ? "" : "s");
}

}  // namespace event_consumer
