// A file as it is on the disk.
#pragma once

#include <string>

#include "common/result.h"

namespace event_consumer {

// All bytes of the file at `path`. The Error (kUsage) says why it cannot be read, as strerror(3)
// does, and leaves it to the caller to name it. A directory can be opened and not be read.
Result<std::string> read_file(const std::string& path);

}  // namespace event_consumer
