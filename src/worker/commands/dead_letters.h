// `event-consumer dead-letters list`, `replay` and `drop`. Each handles the letters that wait when
// it starts, each once: one that comes back dead from a replay is left for the next time.
#pragma once

#include "common/command_line.h"
#include "common/result.h"

namespace event_consumer {

// Executes the command and says on standard output what it did; also when it fails in the middle,
// when all letters that it was not done with stay in the queue. With --json the closing line goes
// to standard error.
Result<Done> run_dead_letters(const CommandLine& command_line);

}  // namespace event_consumer
