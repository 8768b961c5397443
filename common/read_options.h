// Gathers the texts of all options (flags, environment, configuration files), resolves them, and
// puts in the passwords from their files. Knows nothing of how a command line is written.
#pragma once

#include "common/command_line.h"

namespace event_consumer {

// The options of `command_line` as they are now: its flags, the environment and the files, read
// again. The Error is of one line.
Result<ResolvedOptions> read_options(const CommandLine& command_line);

}  // namespace event_consumer
