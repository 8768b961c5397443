// A table of all columns that a message fills by their names, and the message that fills them: the
// same on every ClickHouse.
#pragma once

#include <string>

#include "tests/support/amqp_client.h"
#include "tests/support/clickhouse_endpoint.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {

// Creates the topology's database and table: `id UInt32` and these columns, `_headers` of that
// type.
void create_message_columns(const TestTopology& topology, const ClickhouseEndpoint& clickhouse,
                            const std::string& headers_type);

// The body and the properties of that message: every one that there is.
std::string full_body();
MessageProperties full_properties();

// What is wrong with the only row of the table, as that of this message delivered for the first
// time; empty when nothing is. `headers` are the expected ones as the table shows them.
std::string wrong_in_row(const TestTopology& topology, const ClickhouseEndpoint& clickhouse,
                         const std::string& headers);

}  // namespace event_consumer::testing
