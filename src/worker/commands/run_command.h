// Executes a command of the command line in place of a worker.
#pragma once

#include "common/command_line.h"
#include "common/exit_code.h"

namespace event_consumer {

// `command_line.command` is one of those from kCheck on. What the command has to say stands on
// standard output, and why it failed in one line on standard error.
ExitCode run_command(const CommandLine& command_line);

}  // namespace event_consumer
