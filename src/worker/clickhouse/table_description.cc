#include "worker/clickhouse/table_description.h"

#include <algorithm>
#include <optional>
#include <sstream>

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

Result<std::vector<Column>> parse_description(const std::string& answer, const TableName& name) {
  std::istringstream lines(answer);
  std::string line;
  std::getline(lines, line);
  const Fields header = split_tsv(line);
  const auto name_at = find_field(header, "name");
  const auto type_at = find_field(header, "type");
  const auto default_at = find_field(header, "default_type");
  if (!name_at || !type_at || !default_at)
    return Error{
        ErrorKind::kConfiguration,
        "DESCRIBE TABLE " + name.quoted() + " was not answered in a form that we know: " + line};
  std::vector<Column> columns;
  while (std::getline(lines, line)) {
    Fields fields = split_tsv(line);
    fields.resize(std::max(fields.size(), header.size()));
    const std::string& computed = fields[*default_at];
    if (!computed.empty() && computed != "DEFAULT") continue;
    const std::string column = "column " + fields[*name_at] + " of " + name.quoted();
    const auto type = parse_column_type(fields[*type_at]);
    if (!type) return Error{ErrorKind::kConfiguration, column + ": " + type.error().message};
    columns.push_back({fields[*name_at], type.value(), computed == "DEFAULT"});
  }
  return columns;
}

}  // namespace event_consumer
