#include "worker/clickhouse/server_facts.h"

#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include "common/text.h"
#include "worker/clickhouse/table_questions.h"

namespace event_consumer {
namespace {

auto all(const ServerFacts& facts) {
  return std::tie(facts.version, facts.knows_async_insert, facts.knows_deduplication_token,
                  facts.loses_deduplication_token, facts.knows_insert_deduplicate,
                  facts.knows_deduplication_window, facts.knows_column_positions,
                  facts.knows_typed_rows, facts.knows_rows_with_defaults,
                  facts.knows_typed_rows_with_defaults);
}

using Names = std::vector<std::string>;

// The lines of the answer.
Result<Names> names_in(ClickHouseHttp& http, const std::string& query) {
  const auto answer = run_query(http, query);
  if (!answer) return answer.error();
  Names names;
  std::istringstream lines(answer.value());
  for (std::string name; std::getline(lines, name);) names.push_back(name);
  return names;
}

// Sends a token as inserts do.
Result<bool> token_arrives(ClickHouseHttp& http) {
  const std::string token = "arrives";
  const auto value =
      run_query(http, "SELECT value FROM system.settings WHERE name = 'insert_deduplication_token'",
                {{"insert_deduplication_token", token}});
  if (!value) return value.error();
  return value.value() == token + "\n";
}

Result<Done> read_settings(ClickHouseHttp& http, ServerFacts& facts) {
  auto names = names_in(http,
                        "SELECT name FROM system.settings WHERE name IN ('async_insert', "
                        "'insert_deduplication_token', 'insert_deduplicate')");
  if (!names) return names.error();
  facts.knows_async_insert = contains(*names, "async_insert");
  facts.knows_deduplication_token = contains(*names, "insert_deduplication_token");
  facts.knows_insert_deduplicate = contains(*names, "insert_deduplicate");
  if (!facts.knows_deduplication_token) return Done{};
  const auto arrives = token_arrives(http);
  if (!arrives) return arrives.error();
  facts.loses_deduplication_token = !arrives.value();
  return Done{};
}

Result<Done> read_formats(ClickHouseHttp& http, ServerFacts& facts) {
  auto names = names_in(http,
                        "SELECT name FROM system.formats WHERE is_input AND name IN "
                        "('RowBinaryWithNamesAndTypes', 'RowBinaryWithDefaults', "
                        "'RowBinaryWithNamesAndTypesAndDefaults')");
  if (!names) return names.error();
  facts.knows_typed_rows = contains(*names, "RowBinaryWithNamesAndTypes");
  facts.knows_rows_with_defaults = contains(*names, "RowBinaryWithDefaults");
  facts.knows_typed_rows_with_defaults = contains(*names, "RowBinaryWithNamesAndTypesAndDefaults");
  return Done{};
}

// What the system tables themselves can tell.
Result<Done> read_system_tables(ClickHouseHttp& http, ServerFacts& facts) {
  auto names = names_in(
      http,
      "SELECT concat(table, '.', name) FROM system.columns WHERE database = 'system' AND (table = "
      "'formats' AND name = 'is_input' OR table = 'columns' AND name = 'position')");
  if (!names) return names.error();
  facts.knows_column_positions = contains(*names, "columns.position");
  // 18.16 has the formats for output only, and no way to ask; nor is there a system.formats.
  if (contains(*names, "formats.is_input")) return read_formats(http, facts);
  return Done{};
}

}  // namespace

bool operator==(const ServerFacts& a, const ServerFacts& b) { return all(a) == all(b); }

Result<ServerFacts> read_server_facts(ClickHouseHttp& http) {
  ServerFacts facts;
  auto version = ask(http, version_question());
  if (!version) return version.error();
  facts.version = std::move(*version);
  for (const auto& read : {read_settings, read_system_tables})
    if (auto done = read(http, facts); !done) return done.error();
  const auto window = run_query(http,
                                "SELECT count() FROM system.merge_tree_settings WHERE name = "
                                "'non_replicated_deduplication_window'");
  if (!window) return window.error();
  facts.knows_deduplication_window = window.value().substr(0, 1) == "1";
  return facts;
}

}  // namespace event_consumer
