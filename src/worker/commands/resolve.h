// Whether a host name means anything. The clients of both servers do not tell an unknown name from
// a closed port.
#pragma once

#include <string>

#include "worker/commands/check_report.h"

namespace event_consumer {

// Reports a name that cannot be resolved, naming the `variable` that holds it, and then returns
// false.
bool check_host(const std::string& host, const char* variable, Report& report);

}  // namespace event_consumer
