// Where the program event-consumer-worker is.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace event_consumer {

// The path of the worker program: beside the running executable, so that a build tree runs its own,
// else in EVENT_CONSUMER_LIBEXECDIR, where it is installed. The Error names both places.
Result<std::string> find_worker();

// The first executable regular file of that name in `directories`. The Error names all of them.
Result<std::string> find_worker_in(const std::vector<std::string>& directories);

}  // namespace event_consumer
