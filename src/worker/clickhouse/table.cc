#include "worker/clickhouse/table.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "common/log.h"
#include "worker/clickhouse/quote.h"

namespace event_consumer {
namespace {

// Inserts whose tokens the table remembers: hours of batches at one a second.
constexpr const char* kDeduplicationWindow = "10000";

constexpr std::pair<const char*, const char*> kCreatedColumns[] = {
    {"short_code", "String"}, {"timestamp", "DateTime"}, {"user_agent", "String"},
    {"ip_address", "String"}, {"referrer", "String"},    {"original_url", "String"}};

using Fields = std::vector<std::string>;

std::optional<std::size_t> find_field(const Fields& header, const char* name) {
  const auto at = std::find(header.begin(), header.end(), name);
  if (at == header.end()) return std::nullopt;
  return at - header.begin();
}

std::string create_table_query(const ServerFacts& facts, const TableName& name) {
  std::string query = "CREATE TABLE IF NOT EXISTS " + name.quoted() + " (";
  for (const auto& [column, type] : kCreatedColumns) {
    if (query.back() != '(') query += ", ";
    query += std::string(column) + " " + type;
  }
  query += ") ENGINE = MergeTree() ORDER BY (short_code, timestamp)";
  if (facts.knows_deduplication_window && facts.knows_deduplication_token)
    query += std::string(" SETTINGS non_replicated_deduplication_window = ") + kDeduplicationWindow;
  return query;
}

Result<bool> exists(ClickHouseHttp& http, const TableName& name) {
  const auto answer = run_query(
      http, "SELECT count() FROM system.tables WHERE database = " + quote_string(name.database) +
                " AND name = " + quote_string(name.table));
  if (!answer) return answer.error();
  return answer.value().substr(0, 1) == "1";
}

Result<Done> create_table(ClickHouseHttp& http, const ServerFacts& facts, const TableName& name) {
  const auto database =
      run_query(http, "CREATE DATABASE IF NOT EXISTS " + quote_identifier(name.database));
  if (!database) return database.error();
  const auto table = run_query(http, create_table_query(facts, name));
  if (!table) return table.error();
  log::warn("table {} did not exist on {}: created", name.quoted(), http.server().describe());
  return Done{};
}

}  // namespace

std::string TableName::quoted() const {
  return quote_identifier(database) + "." + quote_identifier(table);
}

std::vector<std::string> created_columns() {
  std::vector<std::string> names;
  for (const auto& column : kCreatedColumns) names.emplace_back(column.first);
  return names;
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
    return Error{ExitCode::kConfiguration, "DESCRIBE TABLE " + name.quoted() +
                                               " was not answered in a form that we know: " + line};
  std::vector<Column> columns;
  while (std::getline(lines, line)) {
    Fields fields = split_tsv(line);
    fields.resize(std::max(fields.size(), header.size()));
    const std::string& computed = fields[*default_at];
    if (!computed.empty() && computed != "DEFAULT") continue;
    const std::string column = "column " + fields[*name_at] + " of " + name.quoted();
    const auto type = parse_column_type(fields[*type_at]);
    if (!type) return Error{ExitCode::kConfiguration, column + ": " + type.error().message};
    columns.push_back({fields[*name_at], type.value(), computed == "DEFAULT"});
  }
  return columns;
}

Result<std::vector<Column>> open_table(ClickHouseHttp& http, const ServerFacts& facts,
                                       const TableName& name, bool create) {
  const auto there = exists(http, name);
  if (!there) return there.error();
  if (!there.value()) {
    if (!create)
      return Error{ExitCode::kConfiguration,
                   "table " + name.quoted() + " does not exist on " + http.server().describe() +
                       " (or user " + http.server().user +
                       " may not see it): create it, or start with --create-table on"};
    if (auto done = create_table(http, facts, name); !done) return done.error();
  }
  const auto answer =
      run_query(http, "DESCRIBE TABLE " + name.quoted() + " FORMAT TabSeparatedWithNames");
  if (!answer) return answer.error();
  return parse_description(answer.value(), name);
}

}  // namespace event_consumer
