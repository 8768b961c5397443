// `event-consumer check`: tries both ends as a worker would, in one line a step, and changes
// nothing: it declares, creates, takes and stores nothing.
#pragma once

#include <ostream>

#include "common/exit_code.h"
#include "common/options.h"

namespace event_consumer {

// Goes on behind a failed step where the rest can still be told. Returns kOk, kUnavailable or
// kConfiguration.
ExitCode run_check(const Options& options, std::ostream& out);

}  // namespace event_consumer
