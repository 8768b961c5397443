// What is asked of ClickHouse before events go to a table, and how the answers are read: once, for
// the start of a worker, which takes them, and for `event-consumer check`, which shows them.
// Example:
//
//   const auto rows = ask(http, tables_question({table}, facts));
//   if (!rows) return rows.error();
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "worker/clickhouse/clickhouse_http.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table_description.h"

namespace event_consumer {

// A query, and what its output says. A reader fails (kConfiguration) where the output is in no form
// that we know.
template <typename T>
struct Question {
  std::string query;
  std::function<Result<T>(const std::string& output)> read;
};

// A row of system.tables.
struct TableRow {
  TableName name;
  std::string engine;            // «MergeTree»
  std::string engine_full;       // with its arguments, its keys and the settings of the table
  std::string create_query;      // the statement that creates it
  std::string uuid;              // empty where the server knows none
  std::vector<TableName> views;  // the materialized views that read what is inserted into it
};

// The version by the server's own word. What is no ClickHouse may answer anything.
Question<std::string> version_question();

// Those of `names`, at least one, that exist and that the user may see.
Question<std::vector<TableRow>> tables_question(const std::vector<TableName>& names,
                                                const ServerFacts& facts);

// All of its columns that the user may see, in the table's order; none of an absent table. Not by
// DESCRIBE, whose answer settings of the user's profile change. Whoever may insert into a column or
// read it sees it.
Question<std::vector<ColumnDescription>> columns_question(const TableName& table,
                                                          const ServerFacts& facts);

// Whether the user may only read.
Question<bool> read_only_question();

// Asks the server in use. The Error is run_query's or that of the reader.
template <typename T>
Result<T> ask(ClickHouseHttp& http, const Question<T>& question) {
  const auto output = run_query(http, question.query);
  if (!output) return output.error();
  return question.read(output.value());
}

}  // namespace event_consumer
