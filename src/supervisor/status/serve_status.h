// The status server: a child process of the supervisor that reads the scoreboard.
#pragma once

#include "common/command_line.h"
#include "common/exit_code.h"

namespace event_consumer {

// Serves on the listening socket that the command line names until SIGTERM. Returns the exit
// status.
ExitCode serve_status(const CommandLine& command_line);

}  // namespace event_consumer
