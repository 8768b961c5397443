// Where the program event-consumer-worker is.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace event_consumer {

// The path of the worker program, in one of worker_directories() of the running executable. The
// Error names all of them.
Result<std::string> find_worker();

// Where the worker of `program` may be: beside it, so that a build tree runs its own; where `make
// install` puts it, whatever PREFIX is; in EVENT_CONSUMER_LIBEXECDIR. Each once.
std::vector<std::string> worker_directories(const std::string& program);

// The first executable regular file of that name in `directories`. The Error names all of them.
Result<std::string> find_worker_in(const std::vector<std::string>& directories);

}  // namespace event_consumer
