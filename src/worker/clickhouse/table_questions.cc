#include "worker/clickhouse/table_questions.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "worker/clickhouse/quote.h"

namespace event_consumer {
namespace {

std::string first_line(const std::string& output) { return output.substr(0, output.find('\n')); }

std::string is_named(const TableName& table) {
  return "database = " + quote_string(table.database) + " AND name = " + quote_string(table.table);
}

// Names do not hold a NUL.
constexpr char kSeparator = '\0';

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, kSeparator);) parts.push_back(part);
  return parts;
}

Result<std::vector<TableRow>> read_tables(const std::string& output) {
  std::vector<TableRow> rows;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    auto fields = split_tsv(line);
    fields.resize(8);
    TableRow row{{fields[0], fields[1]}, fields[2], fields[3], fields[4], fields[5], {}};
    const auto databases = split(fields[6]);
    const auto names = split(fields[7]);
    for (std::size_t i = 0; i < std::min(databases.size(), names.size()); ++i)
      row.views.push_back({databases[i], names[i]});
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Question<std::string> version_question() {
  return {"SELECT version()",
          [](const std::string& output) -> Result<std::string> { return first_line(output); }};
}

Question<std::vector<TableRow>> tables_question(const std::vector<TableName>& names,
                                                const ServerFacts& facts) {
  std::string query = "SELECT database, name, engine, engine_full, create_table_query, ";
  query += facts.knows_table_uuids ? "toString(uuid)" : "''";
  query +=
      ", arrayStringConcat(dependencies_database, '\\0'), arrayStringConcat(dependencies_table, "
      "'\\0') FROM system.tables WHERE ";
  for (const TableName& name : names)
    query += (&name == &names.front() ? "" : " OR ") + is_named(name);
  return {query, read_tables};
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
