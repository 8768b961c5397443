// A table that is not the one for click events: nothing is required there by default, and keys are
// matched to its columns as JSONEachRow of ClickHouse 26 does, on every server.
#pragma once

#include <string>
#include <vector>

#include "tests/support/test_topology.h"

namespace event_consumer::testing {

// Has a service with default options fill such a table. Returns a line for each thing that is not
// as it must be.
std::vector<std::string> fill_foreign_table(const TestTopology& topology,
                                            const ClickhouseEndpoint& clickhouse);

}  // namespace event_consumer::testing
