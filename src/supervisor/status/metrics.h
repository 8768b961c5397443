// The metrics of an instance for Prometheus, made from the scoreboard.
#pragma once

#include <string>

#include "common/clock.h"
#include "common/options.h"
#include "common/scoreboard/scoreboard.h"

namespace event_consumer {

// The text exposition format, version 0.0.4. `unix_seconds` is the time of day at `now`.
std::string metrics_text(const Scoreboard& board, const Options& options, TimePoint now,
                         double unix_seconds);

}  // namespace event_consumer
