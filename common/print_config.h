// The answer to --print-config: what every option is, and why. Prints nothing itself.
#pragma once

#include <string>

#include "common/command_line.h"

namespace event_consumer {

// One line an option, in the order of the option table: its variable, «=», its value, and after a
// «#» where the value comes from. Passwords are «***». Notes on the environment follow, with
// «# !» before each.
std::string describe_config(const CommandLine& command_line);

}  // namespace event_consumer
