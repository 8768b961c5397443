#include "worker/clickhouse/table_questions.h"

#include <sstream>

#include "worker/clickhouse/quote.h"

namespace event_consumer {
namespace {

std::string first_line(const std::string& output) { return output.substr(0, output.find('\n')); }

std::string is_named(const TableName& table) {
  return "database = " + quote_string(table.database) + " AND name = " + quote_string(table.table);
}

std::string from_tables(const TableName& table) {
  return " FROM system.tables WHERE " + is_named(table);
}

Result<std::vector<TableName>> read_names(const std::string& output) {
  std::vector<TableName> names;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    auto fields = split_tsv(line);
    fields.resize(2);
    names.push_back({fields[0], fields[1]});
  }
  return names;
}

Result<std::optional<TableEngine>> read_engine(const std::string& output) {
  if (output.empty()) return std::optional<TableEngine>();
  auto fields = split_tsv(first_line(output));
  fields.resize(2);
  return std::optional(TableEngine{fields[0], fields[1]});
}

}  // namespace

Question<std::string> version_question() {
  return {"SELECT version()",
          [](const std::string& output) -> Result<std::string> { return first_line(output); }};
}

Question<bool> existence_question(const TableName& table) {
  return {"SELECT count()" + from_tables(table),
          [](const std::string& output) -> Result<bool> { return output.substr(0, 1) == "1"; }};
}

Question<std::optional<TableEngine>> engine_question(const TableName& table) {
  return {"SELECT engine, engine_full" + from_tables(table), read_engine};
}

Question<std::vector<TableName>> existing_question(const std::vector<TableName>& names) {
  std::string query = "SELECT database, name FROM system.tables WHERE ";
  for (const TableName& name : names)
    query += (&name == &names.front() ? "" : " OR ") + is_named(name);
  return {query, read_names};
}

Question<std::vector<ColumnDescription>> columns_question(const TableName& table,
                                                          const ServerFacts& facts) {
  std::string query =
      "SELECT name, type, default_kind, default_expression FROM system.columns WHERE database = " +
      quote_string(table.database) + " AND table = " + quote_string(table.table);
  // Where there are none, as in 18.16, they come in the table's order.
  if (facts.knows_column_positions) query += " ORDER BY position";
  return {query, [table](const std::string& output) { return read_description(output, table); }};
}

Question<bool> read_only_question() {
  return {"SELECT value FROM system.settings WHERE name = 'readonly'",
          [](const std::string& output) -> Result<bool> { return output.substr(0, 1) != "0"; }};
}

}  // namespace event_consumer
