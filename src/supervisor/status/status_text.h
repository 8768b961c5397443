// The status of an instance for people: what `event-consumer status` makes of the JSON of /status.
#pragma once

#include <string>

#include "common/clock.h"

namespace event_consumer {

// Whether `json` is a status (status_json.h) at all, and whether its supervisor is alive.
bool is_status(const std::string& json);
bool is_alive(const std::string& json);

// Lines: who answers and how it is, then the workers as a table. Rates are those between the
// status `before` and this one, `apart` later; both must be such.
std::string status_text(const std::string& json, const std::string& before, Duration apart);

}  // namespace event_consumer
