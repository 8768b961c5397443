// Hands a command that needs the servers to the worker program, which takes the place of this
// process: the supervisor's program knows neither AMQP nor ClickHouse.
#pragma once

#include <string>
#include <vector>

#include "common/command_line.h"

namespace event_consumer {

// The arguments, without the program's name, that make the worker program execute the command.
std::vector<std::string> command_arguments(const CommandLine& command_line);

// Executes `worker` with those arguments and with the options as its environment. Returns only when
// that fails.
Error exec_command(const std::string& worker, const CommandLine& command_line);

}  // namespace event_consumer
