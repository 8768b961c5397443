#include "worker/clickhouse/server_facts.h"

#include <sstream>
#include <tuple>
#include <utility>

#include "worker/clickhouse/table_questions.h"

namespace event_consumer {
namespace {

auto all(const ServerFacts& facts) {
  return std::tie(facts.version, facts.knows_async_insert, facts.knows_deduplication_token,
                  facts.loses_deduplication_token, facts.knows_insert_deduplicate,
                  facts.knows_deduplication_window, facts.knows_typed_rows,
                  facts.knows_rows_with_defaults, facts.knows_typed_rows_with_defaults);
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

}  // namespace

bool operator==(const ServerFacts& a, const ServerFacts& b) { return all(a) == all(b); }

Result<ServerFacts> read_server_facts(ClickHouseHttp& http) {
  ServerFacts facts;
  auto version = ask(http, version_question());
  if (!version) return version.error();
  facts.version = std::move(*version);

  const auto names = run_query(http,
                               "SELECT name FROM system.settings WHERE name IN ('async_insert', "
                               "'insert_deduplication_token', 'insert_deduplicate')");
  if (!names) return names.error();
  std::istringstream lines(names.value());
  for (std::string name; std::getline(lines, name);) {
    if (name == "async_insert") facts.knows_async_insert = true;
    if (name == "insert_deduplication_token") facts.knows_deduplication_token = true;
    if (name == "insert_deduplicate") facts.knows_insert_deduplicate = true;
  }

  if (facts.knows_deduplication_token) {
    const auto arrives = token_arrives(http);
    if (!arrives) return arrives.error();
    facts.loses_deduplication_token = !arrives.value();
  }

  // 18.16 has the format for output only, and no way to ask; nor is there a system.formats.
  const auto formats = run_query(http,
                                 "SELECT count() FROM system.columns WHERE database = 'system' AND "
                                 "table = 'formats' AND name = 'is_input'");
  if (!formats) return formats.error();
  if (formats.value().substr(0, 1) == "1") {
    const auto readable = run_query(http,
                                    "SELECT name FROM system.formats WHERE is_input AND name IN "
                                    "('RowBinaryWithNamesAndTypes', 'RowBinaryWithDefaults', "
                                    "'RowBinaryWithNamesAndTypesAndDefaults')");
    if (!readable) return readable.error();
    std::istringstream names_of_formats(readable.value());
    for (std::string name; std::getline(names_of_formats, name);) {
      if (name == "RowBinaryWithNamesAndTypes") facts.knows_typed_rows = true;
      if (name == "RowBinaryWithDefaults") facts.knows_rows_with_defaults = true;
      if (name == "RowBinaryWithNamesAndTypesAndDefaults")
        facts.knows_typed_rows_with_defaults = true;
    }
  }

  const auto window = run_query(http,
                                "SELECT count() FROM system.merge_tree_settings WHERE name = "
                                "'non_replicated_deduplication_window'");
  if (!window) return window.error();
  facts.knows_deduplication_window = window.value().substr(0, 1) == "1";
  return facts;
}

}  // namespace event_consumer
