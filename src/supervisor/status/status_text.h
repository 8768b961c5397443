// The status of an instance for people: what `event-consumer status` makes of the JSON of /status.
#pragma once

#include <cstddef>
#include <string>

#include "common/clock.h"

namespace event_consumer {

// Whether `json` is a status (status_json.h) at all, and whether its supervisor is alive.
bool is_status(const std::string& json);
bool is_alive(const std::string& json);

// Lines of `width` columns: who answers and how it is, the workers as a table, and what is or was
// wrong with them. Rates are those between the status `before` and this one, `apart` later; both
// must be such.
std::string status_text(const std::string& json, const std::string& before, Duration apart,
                        std::size_t width = 80);

}  // namespace event_consumer
