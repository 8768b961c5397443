// The environment of a worker: how the supervisor hands on its options. Every option is resolved
// once, by the supervisor; passwords pass by no command line.
#pragma once

#include <string>
#include <vector>

#include "common/resolve_options.h"

namespace event_consumer {

// The environment of this process, «NAME=value», in which each option's variable has the text that
// applied. No configuration file is named any more: it has been read.
std::vector<std::string> worker_environment(const Settings& option_texts);

}  // namespace event_consumer
