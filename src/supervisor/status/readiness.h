// Readiness and liveness of an instance, as the scoreboard tells of them.
#pragma once

#include <string>

#include "common/clock.h"
#include "common/scoreboard/scoreboard.h"
#include "supervisor/instance_summary.h"

namespace event_consumer {

// Empty while the supervisor's loop turns; else what is wrong. No worker is looked at.
std::string why_not_alive(const Scoreboard& board, TimePoint now);

// Empty when events flow, or would if there were any: at least one worker consumes and its latest
// insert did not fail. Else the reason, in a line.
std::string why_not_ready(const Scoreboard& board, TimePoint now);
// The same for whoever has summed the board up already.
std::string why_not_ready(const Scoreboard& board, const InstanceSummary& instance, TimePoint now);

}  // namespace event_consumer
