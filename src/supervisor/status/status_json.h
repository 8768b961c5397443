// The status of an instance as JSON: what /status serves and `event-consumer status` reads. Scripts
// depend on its keys: they never change.
#pragma once

#include <string>

#include "common/clock.h"
#include "common/options.h"
#include "common/scoreboard/scoreboard.h"

namespace event_consumer {

// One object on one line.
std::string status_json(const Scoreboard& board, const Options& options, TimePoint now);

}  // namespace event_consumer
