// What the tests of `event-consumer dead-letters` share: letters as the service writes them, a
// queue of them, and the command.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {

// As the service writes dead letters, from the given exchange.
MessageProperties letter(const TestTopology& topology, const std::string& reason,
                         const std::string& exchange);

// A dead-letter queue with these bodies, each with its reason. Throws std::runtime_error when the
// broker does not confirm them.
AmqpClient fill_dead_letters(const TestTopology& topology,
                             const std::vector<std::pair<std::string, std::string>>& letters,
                             const QueueArguments& arguments = {});

std::vector<std::string> take_all(AmqpClient& client, const std::string& queue);

// Runs the command with these further arguments.
Finished dead_letters(const TestTopology& topology, std::vector<std::string> arguments);

}  // namespace event_consumer::testing
