// Opens the table that rows go to: sees whether it exists, creates it where that is wanted, and
// reads its columns.
#pragma once

#include <string>
#include <vector>

#include "common/options.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table_description.h"
#include "worker/clickhouse/table_target.h"

namespace event_consumer {

// The names of the columns of the table that open_table creates.
std::vector<std::string> created_columns();

// The columns that each event must have: those of the options, else, in a table with all columns
// of the one that open_table creates, those of a click event, and none in any other table.
std::vector<std::string> required_columns(const Options& options,
                                          const std::vector<std::string>& columns);

// Whether the options let a worker create the table: always, never, or only under the name that the
// one for click events has by default. So a name mistyped in the options creates nothing.
bool may_create_table(const Options& options);

// For people: that the table does not exist on the server in use, and what to do about it.
struct AbsentTable {
  std::string message;
  std::string remedy;
  // The table's name is that of a database, a dot, and that of a table, which are there. Then
  // nothing is to be created.
  bool is_slip = false;
};

// Asks the server only when there is a dot in the name. The Error is run_query's.
Result<AbsentTable> explain_absent(ClickHouseHttp& http, const ServerFacts& facts,
                                   const TableName& table);

// What a look at the table has seen.
struct OpenTable {
  TableTarget target;
  // Those that an INSERT fills, in the table's order: computed columns (MATERIALIZED, ALIAS,
  // EPHEMERAL) are left out, columns with a DEFAULT are marked. Of a table that is not quite
  // created yet, none.
  std::vector<Column> columns;
  std::vector<std::string> left_out;  // WritableColumns has these
};

// Looks at the table. With `create`, an absent database and table are created first: the table for
// click events, which deduplicates by token where the server can, and with `durable` has each
// insert on disk before it is answered, likewise. The Error is run_query's, or kConfiguration: it
// names an absent table, with kUnknownTable as the code.
Result<OpenTable> open_table(ClickHouseHttp& http, const ServerFacts& facts, const TableName& table,
                             bool create, bool durable = false);

// What is to be said of a table that is created and was to be `durable`: that the server knows no
// such, or nothing.
std::string how_durable(const ServerFacts& facts, bool durable);

}  // namespace event_consumer
