// A table whose columns have names that SQL, JSON or a text format could trip over.
#pragma once

#include <string>

#include "tests/support/clickhouse_endpoint.h"

namespace event_consumer::testing {

// Creates `table`: a UInt8 column of each odd name, and beside plain columns with dots in their
// names a Nested, whose columns have dots, too.
void create_odd_table(const ClickhouseEndpoint& clickhouse, const std::string& table);

// An event with a value for each column.
std::string odd_event();

// What the only row of `table` holds that is not the value of odd_event, a line for each; must be
// empty.
std::string oddly_stored(const ClickhouseEndpoint& clickhouse, const std::string& table);

}  // namespace event_consumer::testing
