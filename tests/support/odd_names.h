// A table whose columns have names that SQL, JSON or a text format could trip over.
#pragma once

#include <string>
#include <vector>

#include "tests/support/test_topology.h"

namespace event_consumer::testing {

// Has a service fill such a table by an event with a value for each column: a UInt8 column of each
// odd name, and beside plain columns with dots in their names a Nested, whose columns have dots,
// too. Returns a line for each thing that is not as it must be.
std::vector<std::string> fill_odd_table(const TestTopology& topology,
                                        const ClickhouseEndpoint& clickhouse);

}  // namespace event_consumer::testing
