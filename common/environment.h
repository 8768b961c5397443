// The environment of the process as the options see it: which variables are theirs, which are slips
// for them, and which Kubernetes sets for a Service that bears a name like ours.
#pragma once

#include <string>
#include <vector>

#include "common/resolve_options.h"

namespace event_consumer {

struct OptionVariables {
  Settings settings;  // by variable or alias; a line break at the end of a text does not count

  // For people, a sentence each: what has no effect, though somebody may expect one. Holds no text
  // of a variable that could be a password.
  std::vector<std::string> notes;

  // Which variables begin as ours do and are no option's, in one sentence; empty: none.
  std::string refusal;
};

// Sorts `variables`, by name. A near miss of an option's variable is a note; every EVENT_CONSUMER_
// that is no option's is refused, near or not. Others belong to other programs: RabbitMQ and
// ClickHouse have many of their own that begin with RABBITMQ_ and CLICKHOUSE_.
OptionVariables read_environment(const Settings& variables);

// All variables that this process was started with.
Settings process_environment();

}  // namespace event_consumer
