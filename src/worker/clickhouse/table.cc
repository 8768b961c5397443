#include "worker/clickhouse/table.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/text.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/quote.h"
#include "worker/clickhouse/table_questions.h"
#include "worker/diagnosis.h"

namespace event_consumer {
namespace {

// Inserts whose tokens the table remembers: hours of batches at one a second.
constexpr const char* kDeduplicationWindow = "10000";

constexpr const char* kClickEventTable = "click_events";

constexpr std::pair<const char*, const char*> kCreatedColumns[] = {
    {"short_code", "String"}, {"timestamp", "DateTime"}, {"user_agent", "String"},
    {"ip_address", "String"}, {"referrer", "String"},    {"original_url", "String"}};

std::string create_table_query(const ServerFacts& facts, const TableName& table, bool durable) {
  std::string query = "CREATE TABLE IF NOT EXISTS " + table.quoted() + " (";
  for (const auto& [column, type] : kCreatedColumns) {
    if (query.back() != '(') query += ", ";
    query += std::string(column) + " " + type;
  }
  query += ") ENGINE = MergeTree() ORDER BY (short_code, timestamp)";
  std::string settings;
  if (facts.knows_deduplication_window && facts.knows_deduplication_token)
    settings = std::string("non_replicated_deduplication_window = ") + kDeduplicationWindow;
  // The second is for the names of the files, in their directory.
  if (durable)
    settings += std::string(settings.empty() ? "" : ", ") +
                "fsync_after_insert = 1, fsync_part_directory = 1";
  return settings.empty() ? query : query + " SETTINGS " + settings;
}

Result<Done> create_table(ClickHouseHttp& http, const ServerFacts& facts, const TableName& table,
                          bool durable) {
  const auto database =
      run_query(http, "CREATE DATABASE IF NOT EXISTS " + quote_identifier(table.database));
  if (!database) return database.error();
  const auto created =
      run_query(http, create_table_query(facts, table, durable && facts.knows_durable_inserts));
  if (!created) return created.error();
  log::warn("table {} did not exist on {}: created{}", table.quoted(), http.server().describe(),
            how_durable(facts, durable));
  return Done{};
}

// The database and the table that «database.table» may have meant.
std::vector<TableName> halves_of(const std::string& name) {
  std::vector<TableName> halves;
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
    if (dot > 0 && dot + 1 < name.size())
      halves.push_back({name.substr(0, dot), name.substr(dot + 1)});
  return halves;
}

// As in a statement, or with a blank that nobody sees: hardly what somebody wants to be created.
bool is_mistyped(const std::string& name) {
  const char first = name.front(), last = name.back();
  const bool is_quoted = name.size() > 1 && first == last && (first == '`' || first == '"');
  return is_quoted || first == ' ' || last == ' ';
}

}  // namespace

std::string how_durable(const ServerFacts& facts, bool durable) {
  return durable && !facts.knows_durable_inserts
             ? "; this version of ClickHouse cannot have it durable (--durable)"
             : "";
}

std::vector<std::string> created_columns() {
  std::vector<std::string> names;
  for (const auto& column : kCreatedColumns) names.emplace_back(column.first);
  return names;
}

std::vector<std::string> required_columns(const Options& options,
                                          const std::vector<std::string>& columns) {
  if (options.required_columns) return *options.required_columns;
  const std::vector<std::string> created = created_columns();
  const bool is_for_clicks = std::all_of(created.begin(), created.end(),
                                         [&](const auto& name) { return contains(columns, name); });
  if (!is_for_clicks) return {};
  return {"short_code", "timestamp", "original_url"};
}

bool may_create_table(const Options& options) {
  switch (options.create_table) {
    case CreateTable::kAuto:
      return options.clickhouse_table == kClickEventTable;
    case CreateTable::kOn:
      return true;
    case CreateTable::kOff:
      break;
  }
  return false;
}

Result<AbsentTable> explain_absent(ClickHouseHttp& http, const ServerFacts& facts,
                                   const TableName& table) {
  AbsentTable absent;
  absent.message = "table " + table.quoted() + " does not exist on " + http.server().describe() +
                   " (or user " + http.server().user + " may not see it)";
  absent.remedy =
      "create it, or correct CLICKHOUSE_DATABASE and CLICKHOUSE_TABLE; --create-table on creates "
      "one for click events under any name";
  if (is_mistyped(table.database) || is_mistyped(table.table)) {
    absent.remedy =
        "give CLICKHOUSE_DATABASE and CLICKHOUSE_TABLE each a name alone, without quotes and "
        "blanks around it";
    absent.is_slip = true;
    return absent;
  }
  const std::vector<TableName> halves = halves_of(table.table);
  if (halves.empty()) return absent;
  const auto meant = ask(http, tables_question(halves, facts));
  if (!meant) return meant.error();
  if (meant.value().empty()) return absent;
  const TableName& first = meant.value().front().name;
  absent.message += ", but " + first.quoted() + " does";
  absent.remedy =
      "set CLICKHOUSE_DATABASE to " + first.database + " and CLICKHOUSE_TABLE to " + first.table;
  absent.is_slip = true;
  return absent;
}

Result<OpenTable> open_table(ClickHouseHttp& http, const ServerFacts& facts, const TableName& table,
                             bool create, bool durable) {
  auto target = read_target(http, facts, table);
  if (target && !*target) {
    const auto absent = explain_absent(http, facts, table);
    if (!absent) return absent.error();
    const auto& [message, remedy, is_slip] = absent.value();
    if (!create || is_slip)
      return Error{ErrorKind::kConfiguration, with_remedy(message, remedy), kUnknownTable};
    if (auto done = create_table(http, facts, table, durable); !done) return done.error();
    target = read_target(http, facts, table);
  }
  if (!target) return target.error();
  const auto described = ask(http, columns_question(table, facts));
  if (!described) return described.error();
  WritableColumns writable = writable_columns(described.value(), table, facts);
  OpenTable opened;
  if (*target)
    opened = {std::move(**target), std::move(writable.columns), std::move(writable.left_out)};
  return opened;
}

}  // namespace event_consumer
