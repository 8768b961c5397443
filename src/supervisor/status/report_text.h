// The report of an instance (report.h) for people.
#pragma once

#include <string>

#include "common/clock.h"

namespace event_consumer {

// Whether that is a report at all, and whether the supervisor that it is about is alive.
bool is_report(const std::string& json);
bool is_alive(const std::string& json);

// Lines: who answers and how it is, then the workers as a table. Rates are those between the report
// `before` and this one, `apart` later; both must be reports.
std::string report_text(const std::string& json, const std::string& before, Duration apart);

}  // namespace event_consumer
