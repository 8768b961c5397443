// A table is altered while its queue is drained: what every ClickHouse must stand.
#pragma once

#include <string>
#include <vector>

#include "tests/support/test_topology.h"

namespace event_consumer::testing {

// Drains a backlog of click events into the table, which the service creates if it must, and runs
// the statements («ADD COLUMN …») one after the other while rows arrive. Returns a line for each
// thing that is not as it must be: nobody restarted anything, every event is stored once, and reads
// as it was published in every column that still is there. The events also have a string `note`;
// a column of that name that was added was filled before the end. If the table has a column
// `amount`, it holds the event's id.
std::vector<std::string> alter_in_mid_drain(const TestTopology& topology,
                                            const ClickhouseEndpoint& clickhouse,
                                            const std::vector<std::string>& statements);

}  // namespace event_consumer::testing
