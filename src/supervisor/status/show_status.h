// The command `event-consumer status`: asks the instance that runs at the status address.
#pragma once

#include "common/command_line.h"
#include "common/exit_code.h"

namespace event_consumer {

// Shows it once, or with --watch every two seconds: on a terminal as a screen, with charts of what
// was seen so far, until it is interrupted; else in lines, until the instance is gone or nobody
// reads them. kUnavailable when nothing answers there, or when the supervisor's loop stands still;
// kInternal when standard output cannot be written.
ExitCode show_status(const CommandLine& command_line);

}  // namespace event_consumer
