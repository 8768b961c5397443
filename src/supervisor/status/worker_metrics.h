// The metrics of each worker: what it has counted, what it tells of itself, and what the kernel
// says of its process.
#pragma once

#include <vector>

#include "common/clock.h"
#include "common/scoreboard/scoreboard.h"
#include "supervisor/status/metric_family.h"

namespace event_consumer {

// `unix_seconds` is the time of day at `now`. Families without a metric are among them.
std::vector<MetricFamily> worker_metrics(const Scoreboard& board, TimePoint now,
                                         double unix_seconds);

}  // namespace event_consumer
