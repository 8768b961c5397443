// Prints what a command has to say. Whoever reads may have gone, or the disk may be full.
#pragma once

#include <string>

#include "common/result.h"

namespace event_consumer {

// Writes `text` to standard output at once, and returns whether to go on: whoever has closed the
// pipe has seen enough. Any other failure, as of a disk that is full, is an Error (kInternal).
Result<bool> print(const std::string& text);

}  // namespace event_consumer
