// A table of very many columns with long names: the INSERT into it does not fit a URL.
#pragma once

#include <string>

#include "tests/support/clickhouse_endpoint.h"

namespace event_consumer::testing {

// The name of the column with this number, 230 characters long.
std::string wide_column(int number);

// Creates `table` with so many such columns, all UInt8.
void create_wide_table(const ClickhouseEndpoint& clickhouse, const std::string& table, int columns);

// An event that has every hundredth of the columns, each with its number divided by a hundred.
std::string wide_event(int columns);

// What is stored of that event in the only row of `table`, from the same columns; must be true.
bool is_stored_wide(const ClickhouseEndpoint& clickhouse, const std::string& table, int columns);

}  // namespace event_consumer::testing
