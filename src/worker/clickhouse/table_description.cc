#include "worker/clickhouse/table_description.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "worker/clickhouse/quote.h"

namespace event_consumer {
namespace {

// Whether a JSON stands anywhere in the type.
bool has_json(const ColumnType& type) {
  return type.write == write_json ||
         std::any_of(type.elements.begin(), type.elements.end(), has_json);
}

}  // namespace

std::string TableName::quoted() const {
  return quote_identifier(database) + "." + quote_identifier(table);
}

bool operator==(const TableName& a, const TableName& b) {
  return a.database == b.database && a.table == b.table;
}

Result<std::vector<ColumnDescription>> read_description(const std::string& answer,
                                                        const TableName& table) {
  std::istringstream lines(answer);
  std::vector<ColumnDescription> columns;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> fields = split_tsv(line);
    // An empty one at the end of a line is none.
    if (fields.size() != 3 && fields.size() != 4)
      return Error{ErrorKind::kConfiguration,
                   "the question for the columns of " + table.quoted() +
                       " was not answered in a form that we know: " + line};
    fields.resize(4);
    columns.push_back({fields[0], fields[1], fields[2], fields[3]});
  }
  return columns;
}

Result<std::optional<Column>> writable_column(const ColumnDescription& described,
                                              const TableName& table, const ServerFacts& facts) {
  const bool has_default = described.default_kind == "DEFAULT";
  if (!described.default_kind.empty() && !has_default) return std::optional<Column>();
  const auto type = parse_column_type(described.type);
  const std::string where = "column " + described.name + " of " + table.quoted() + ": ";
  if (!type) return Error{ErrorKind::kConfiguration, where + type.error().message};
  if (has_json(type.value()) && !facts.knows_json_as_string)
    return Error{ErrorKind::kConfiguration,
                 where + "columns of the type " + described.type +
                     " cannot be written to this version of ClickHouse, which does not know the "
                     "setting input_format_binary_read_json_as_string"};
  return std::optional(Column{described.name, type.value(), has_default});
}

WritableColumns writable_columns(const std::vector<ColumnDescription>& described,
                                 const TableName& table, const ServerFacts& facts) {
  WritableColumns writable;
  for (const ColumnDescription& each : described) {
    auto column = writable_column(each, table, facts);
    if (!column)
      writable.left_out.push_back(column.error().message);
    else if (*column)
      writable.columns.push_back(std::move(**column));
  }
  return writable;
}

}  // namespace event_consumer
