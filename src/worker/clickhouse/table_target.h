// TableTarget: which tables the rows of an insert come to: the table that the options name, that of
// a materialized view or an Alias, and those behind the views that read what is inserted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "worker/clickhouse/table_questions.h"

namespace event_consumer {

// A materialized view behind the table, at whatever distance, and the table that it writes to.
struct ViewTable {
  TableName view;
  std::optional<TableRow> table;  // nothing: the user may not see it, or not the view
};

struct TableTarget {
  TableRow table;                 // the one that the options name
  std::optional<TableRow> inner;  // that of `table`, where it is a materialized view or an Alias
  std::vector<ViewTable> views;

  // Where the rows themselves come to.
  const TableRow& rows() const { return inner ? *inner : table; }
};

// Follows the views with a question or two for each level of them. Nothing when the table does not
// exist or the user may not see it. The Error is run_query's.
Result<std::optional<TableTarget>> read_target(ClickHouseHttp& http, const ServerFacts& facts,
                                               const TableName& name);

// Whether a Distributed table has rows that the table itself does not keep.
bool is_kept_by_shards(const TableTarget& target);

// What is wrong with the table as the target of inserts, although ClickHouse takes them there, and
// what to do: what it takes in is kept nowhere, or need not be, or in memory only where
// `allow_buffer` is false; or that ClickHouse would answer before it is kept.
struct WrongTarget {
  std::string message;
  std::string remedy;
};
std::optional<WrongTarget> judge_target(const ServerFacts& facts, const TableTarget& target,
                                        bool allow_buffer);

}  // namespace event_consumer
