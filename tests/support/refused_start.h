// A configuration that is refused, tried in both ways that an operator has.
#pragma once

#include <string>

#include "tests/support/service.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {

// Runs `event-consumer check` and the service with the environment. Returns what is wrong with it:
// empty when both end with 78 and say `cause` and `remedy` in one line, that of check is marked
// with ✗, and a message published before is still in the queue.
std::string not_refused(const TestTopology& topology, Environment environment,
                        const std::string& cause, const std::string& remedy);

}  // namespace event_consumer::testing
