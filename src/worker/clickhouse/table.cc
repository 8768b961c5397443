#include "worker/clickhouse/table.h"

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

std::vector<std::string> created_columns() {
  std::vector<std::string> names;
  for (const auto& column : kCreatedColumns) names.emplace_back(column.first);
  return names;
}

Result<std::vector<Column>> open_table(ClickHouseHttp& http, const ServerFacts& facts,
                                       const TableName& name, bool create) {
  const auto there = exists(http, name);
  if (!there) return there.error();
  if (!there.value()) {
    if (!create)
      return Error{ErrorKind::kConfiguration,
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

Result<TableDeduplication> read_deduplication(ClickHouseHttp& http, const ServerFacts& facts,
                                              const TableName& name) {
  // Whatever the table is. Such a server is asked for the columns before each insert, too.
  if (!facts.knows_deduplication_token) return judge_deduplication(facts, "", "");
  const auto answer =
      run_query(http, "SELECT engine, engine_full FROM system.tables WHERE database = " +
                          quote_string(name.database) + " AND name = " + quote_string(name.table));
  if (!answer) return answer.error();
  auto fields = split_tsv(answer.value().substr(0, answer.value().find('\n')));
  fields.resize(2);
  return judge_deduplication(facts, fields[0], fields[1]);
}

}  // namespace event_consumer
