#include "worker/clickhouse/table_description.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "worker/clickhouse/quote.h"

namespace event_consumer {
namespace {

using Fields = std::vector<std::string>;

std::optional<std::size_t> find_field(const Fields& header, const char* name) {
  const auto at = std::find(header.begin(), header.end(), name);
  if (at == header.end()) return std::nullopt;
  return at - header.begin();
}

}  // namespace

std::string TableName::quoted() const {
  return quote_identifier(database) + "." + quote_identifier(table);
}

Result<std::vector<ColumnDescription>> read_description(const std::string& answer,
                                                        const TableName& table) {
  std::istringstream lines(answer);
  std::string line;
  std::getline(lines, line);
  const Fields header = split_tsv(line);
  const auto name_at = find_field(header, "name");
  const auto type_at = find_field(header, "type");
  const auto default_at = find_field(header, "default_type");
  const auto expression_at = find_field(header, "default_expression");
  if (!name_at || !type_at || !default_at)
    return Error{
        ErrorKind::kConfiguration,
        "DESCRIBE TABLE " + table.quoted() + " was not answered in a form that we know: " + line};
  std::vector<ColumnDescription> columns;
  while (std::getline(lines, line)) {
    Fields fields = split_tsv(line);
    fields.resize(std::max(fields.size(), header.size()));
    columns.push_back({fields[*name_at], fields[*type_at], fields[*default_at],
                       expression_at ? fields[*expression_at] : ""});
  }
  return columns;
}

Result<std::optional<Column>> writable_column(const ColumnDescription& described,
                                              const TableName& table) {
  const bool has_default = described.default_type == "DEFAULT";
  if (!described.default_type.empty() && !has_default) return std::optional<Column>();
  const auto type = parse_column_type(described.type);
  if (!type)
    return Error{ErrorKind::kConfiguration, "column " + described.name + " of " + table.quoted() +
                                                ": " + type.error().message};
  return std::optional(Column{described.name, type.value(), has_default});
}

Result<std::vector<Column>> writable_columns(const std::vector<ColumnDescription>& described,
                                             const TableName& table) {
  std::vector<Column> columns;
  for (const ColumnDescription& each : described) {
    auto column = writable_column(each, table);
    if (!column) return column.error();
    if (*column) columns.push_back(std::move(**column));
  }
  return columns;
}

}  // namespace event_consumer
