// What becomes of a message that cannot be stored: why, which event of it, which column, and the
// words for a human. Acting on a rejection is the caller's business.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/reason.h"

namespace event_consumer {

struct Rejection {
  Reason reason;
  std::string column;  // the name of the column at fault; empty when the body as a whole is
  std::string error;   // a sentence fragment in valid UTF-8 without control characters
  // The event at fault, counted from 0: where the message has several, and one of them is.
  std::optional<std::size_t> event = std::nullopt;
};

}  // namespace event_consumer
