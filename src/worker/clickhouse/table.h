// The table that is filled: whether it exists, creating the click-event table when it does not, and
// its columns.
#pragma once

#include <string>
#include <vector>

#include "worker/clickhouse/deduplication.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table_description.h"

namespace event_consumer {

// The names of the columns of the table that open_table creates.
std::vector<std::string> created_columns();

// Database and table are created when absent and `create` is set; the table is then the one for
// click events, with deduplication by token where the server has it.
// Returns the columns that an INSERT fills, in table order: those that are computed (MATERIALIZED,
// ALIAS, EPHEMERAL) are left out, those with a DEFAULT are marked. The Error (kConfiguration, or
// run_query's) names what is missing, or a column that we cannot write with its type; that of a
// table that is absent bears the code of UNKNOWN_TABLE.
Result<std::vector<Column>> open_table(ClickHouseHttp& http, const ServerFacts& facts,
                                       const TableName& name, bool create);

// Whether an insert into the table that is repeated is stored once. The Error is run_query's.
Result<TableDeduplication> read_deduplication(ClickHouseHttp& http, const ServerFacts& facts,
                                              const TableName& name);

}  // namespace event_consumer
