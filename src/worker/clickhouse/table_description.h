// ClickHouse's description of the columns of a table, as columns to write. Pure; asks no server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/encode/row_encoder.h"

namespace event_consumer {

struct TableName {
  std::string database;
  std::string table;

  // «`database`.`table`», for SQL.
  std::string quoted() const;
};
bool operator==(const TableName& a, const TableName& b);

// A column as system.columns has it.
struct ColumnDescription {
  std::string name;
  std::string type;
  std::string default_kind;        // DEFAULT, MATERIALIZED, ALIAS, EPHEMERAL or nothing
  std::string default_expression;  // empty without one
};

// Reads lines of name, type, kind and expression of the default in the format TabSeparated. A line
// of another form is kConfiguration.
Result<std::vector<ColumnDescription>> read_description(const std::string& answer,
                                                        const TableName& table);

// The column as an INSERT fills it; nothing for a column that ClickHouse computes. When we cannot
// write its type for a server that knows `facts`, the Error (kConfiguration) names both.
Result<std::optional<Column>> writable_column(const ColumnDescription& described,
                                              const TableName& table, const ServerFacts& facts);

struct WritableColumns {
  std::vector<Column> columns;        // all that an INSERT fills, in the table's order
  std::vector<std::string> left_out;  // for people: each that it could, but for its type
};

// A column of a type that we cannot write is left to its DEFAULT, or to the type's empty value.
WritableColumns writable_columns(const std::vector<ColumnDescription>& described,
                                 const TableName& table, const ServerFacts& facts);

}  // namespace event_consumer
