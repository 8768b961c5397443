// The metrics of an instance as a whole: its queue, its servers, its life.
#pragma once

#include <vector>

#include "common/clock.h"
#include "common/options.h"
#include "common/scoreboard/scoreboard.h"
#include "supervisor/status/metric_family.h"

namespace event_consumer {

std::vector<MetricFamily> instance_metrics(const Scoreboard& board, const Options& options,
                                           TimePoint now);

}  // namespace event_consumer
