// What becomes of an event that cannot be stored: why, which column, and the words for a human.
// Acting on a rejection is the caller's business.
#pragma once

#include <string>

#include "common/reason.h"

namespace event_consumer {

struct Rejection {
  Reason reason;
  std::string column;  // the name of the column at fault; empty when the body as a whole is
  std::string error;   // a sentence fragment in valid UTF-8 without control characters
};

}  // namespace event_consumer
