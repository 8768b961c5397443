// From what a server or the network said to what the operator should do about it.
#pragma once

#include <string>

#include "common/result.h"

namespace event_consumer {

struct Diagnosis {
  ErrorKind kind;
  std::string cause;   // what was said, shortened
  std::string remedy;  // an imperative that names the variable to change
};

// `text` as a cause: without the stack trace, the version and the like that follow the message of
// an exception of ClickHouse.
std::string shorten_cause(const std::string& text);

// «what was said → what to do», for one line of a log.
std::string with_remedy(const std::string& said, const std::string& remedy);

}  // namespace event_consumer
