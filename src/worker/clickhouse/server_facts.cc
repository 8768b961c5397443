#include "worker/clickhouse/server_facts.h"

#include <charconv>
#include <map>
#include <sstream>
#include <tuple>
#include <utility>

#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/quote.h"
#include "worker/clickhouse/table_questions.h"

namespace event_consumer {
namespace {

auto all(const ServerFacts& facts) {
  return std::tie(
      facts.version, facts.knows_async_insert, facts.knows_deduplication_token,
      facts.loses_deduplication_token, facts.knows_insert_deduplicate, facts.knows_types_header,
      facts.knows_json_as_string, facts.distributed_sync, facts.knows_insert_block_bytes,
      facts.knows_format_block_bytes, facts.knows_log_comment, facts.knows_durable_inserts,
      facts.knows_deduplication_window, facts.knows_view_deduplication, facts.insert_quorum,
      facts.fsyncs_after_insert, facts.knows_column_positions, facts.knows_table_uuids,
      facts.knows_typed_rows, facts.knows_rows_with_defaults, facts.knows_typed_rows_with_defaults);
}

using Values = std::map<std::string, std::string>;

// The lines of the answer: a name each, and a value behind it where one is asked for.
Result<Values> values_in(ClickHouseHttp& http, const std::string& query,
                         const InsertSettings& settings = {}) {
  const auto answer = run_query(http, query, settings);
  if (!answer) return answer.error();
  Values values;
  std::istringstream lines(answer.value());
  for (std::string line; std::getline(lines, line);) {
    auto fields = split_tsv(line);
    fields.resize(2);
    values[fields[0]] = fields[1];
  }
  return values;
}

bool has(const Values& values, const char* name) { return values.count(name) != 0; }

// Empty when it is not there.
std::string value_of(const Values& values, const char* name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

std::uint64_t read_quorum(const std::string& value) {
  std::uint64_t quorum = value == "auto" ? 2 : 0;
  std::from_chars(value.data(), value.data() + value.size(), quorum);
  return quorum;
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
  auto known = values_in(http,
                         "SELECT name, value FROM system.settings WHERE name IN ('async_insert', "
                         "'insert_deduplication_token', 'insert_deduplicate', 'insert_quorum', "
                         "'deduplicate_blocks_in_dependent_materialized_views', "
                         "'input_format_with_types_use_header', "
                         "'input_format_binary_read_json_as_string', 'insert_distributed_sync', "
                         "'max_insert_block_size_bytes', 'input_format_max_block_size_bytes', "
                         "'log_comment', "
                         "'distributed_foreground_insert')",
                         http.server().settings);
  if (!known) return known.error();
  facts.knows_async_insert = has(*known, "async_insert");
  facts.knows_deduplication_token = has(*known, "insert_deduplication_token");
  facts.knows_insert_deduplicate = has(*known, "insert_deduplicate");
  facts.knows_view_deduplication =
      has(*known, "deduplicate_blocks_in_dependent_materialized_views");
  facts.insert_quorum = read_quorum(value_of(*known, "insert_quorum"));
  facts.knows_types_header = has(*known, "input_format_with_types_use_header");
  facts.knows_json_as_string = has(*known, "input_format_binary_read_json_as_string");
  facts.knows_insert_block_bytes = has(*known, "max_insert_block_size_bytes");
  facts.knows_format_block_bytes = has(*known, "input_format_max_block_size_bytes");
  facts.knows_log_comment = has(*known, "log_comment");
  for (const char* name : {"insert_distributed_sync", "distributed_foreground_insert"})
    if (has(*known, name)) facts.distributed_sync = name;
  if (!facts.knows_deduplication_token) return Done{};
  const auto arrives = token_arrives(http);
  if (!arrives) return arrives.error();
  facts.loses_deduplication_token = !arrives.value();
  return Done{};
}

Result<Done> read_table_settings(ClickHouseHttp& http, ServerFacts& facts) {
  auto known = values_in(http,
                         "SELECT name, value FROM system.merge_tree_settings WHERE name IN "
                         "('non_replicated_deduplication_window', 'fsync_after_insert')");
  // Shown only to whom it was granted: such a server (22.9 and newer) knows both settings. What it
  // has set them to for all tables it keeps to itself.
  if (!known && known.error().peer_code == kAccessDenied) {
    facts.knows_deduplication_window = facts.knows_durable_inserts = true;
    return Done{};
  }
  if (!known) return known.error();
  facts.knows_deduplication_window = has(*known, "non_replicated_deduplication_window");
  facts.fsyncs_after_insert = value_of(*known, "fsync_after_insert") == "1";
  facts.knows_durable_inserts = has(*known, "fsync_after_insert");
  return Done{};
}

Result<Done> read_formats(ClickHouseHttp& http, ServerFacts& facts) {
  auto known = values_in(http,
                         "SELECT name FROM system.formats WHERE is_input AND name IN "
                         "('RowBinaryWithNamesAndTypes', 'RowBinaryWithDefaults', "
                         "'RowBinaryWithNamesAndTypesAndDefaults')");
  if (!known) return known.error();
  facts.knows_typed_rows = has(*known, "RowBinaryWithNamesAndTypes");
  facts.knows_rows_with_defaults = has(*known, "RowBinaryWithDefaults");
  facts.knows_typed_rows_with_defaults = has(*known, "RowBinaryWithNamesAndTypesAndDefaults");
  return Done{};
}

// What the system tables themselves can tell.
Result<Done> read_system_tables(ClickHouseHttp& http, ServerFacts& facts) {
  auto known = values_in(
      http,
      "SELECT concat(table, '.', name) FROM system.columns WHERE database = 'system' AND (table = "
      "'formats' AND name = 'is_input' OR table = 'columns' AND name = 'position' OR table = "
      "'tables' AND name = 'uuid')");
  if (!known) return known.error();
  facts.knows_column_positions = has(*known, "columns.position");
  facts.knows_table_uuids = has(*known, "tables.uuid");
  // 18.16 has the formats for output only, and no way to ask; nor is there a system.formats.
  if (has(*known, "formats.is_input")) return read_formats(http, facts);
  return Done{};
}

}  // namespace

bool operator==(const ServerFacts& a, const ServerFacts& b) { return all(a) == all(b); }

Result<ServerFacts> read_server_facts(ClickHouseHttp& http) {
  ServerFacts facts;
  auto version = ask(http, version_question());
  if (!version) return version.error();
  facts.version = std::move(*version);
  for (const auto& read : {read_settings, read_table_settings, read_system_tables})
    if (auto done = read(http, facts); !done) return done.error();
  return facts;
}

}  // namespace event_consumer
