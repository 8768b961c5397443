// A start that fails for one cause.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/service.h"

namespace event_consumer::testing {

// Starts the service, which must give up with `exit_status` (nothing: with any) and say each of
// `said` in one line.
void check_refused(Environment environment, std::optional<int> exit_status,
                   const std::vector<std::string>& said);

}  // namespace event_consumer::testing
