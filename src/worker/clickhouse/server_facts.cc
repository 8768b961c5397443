#include "worker/clickhouse/server_facts.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <sstream>
#include <thread>
#include <utility>

#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/quote.h"
#include "worker/clickhouse/table_questions.h"

namespace event_consumer {
namespace {

using Values = std::map<std::string, std::string>;

// A little more than a second in all.
constexpr int kMostUptimeTries = 60;
constexpr std::chrono::milliseconds kBetweenUptimes{20};

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

// Sends the setting as inserts do.
Result<bool> arrives(ClickHouseHttp& http, const std::string& name, const std::string& value) {
  const auto arrived =
      run_query(http, "SELECT value FROM system.settings WHERE name = " + quote_string(name),
                {{name, value}});
  if (!arrived) return arrived.error();
  return arrived.value() == value + "\n";
}

// «'a', 'b'»: what the server tells there.
std::string names_of(ToldBy told_by) {
  std::string names;
  for (const Knowledge& each : kKnowledge)
    if (each.told_by == told_by) names += (names.empty() ? "" : ", ") + quote_string(each.name);
  return names;
}

void take(const Values& told, ToldBy told_by, ServerFacts& facts) {
  for (const Knowledge& each : kKnowledge)
    if (each.told_by == told_by) facts.*each.fact = told.count(each.name) != 0;
}

Result<Done> read_settings(ClickHouseHttp& http, ServerFacts& facts) {
  auto told = values_in(http,
                        "SELECT name, value FROM system.settings WHERE name IN (" +
                            names_of(ToldBy::kSettings) +
                            ", 'insert_quorum', 'materialized_views_ignore_errors', "
                            "'wait_for_async_insert')",
                        http.server().settings);
  if (!told) return told.error();
  take(*told, ToldBy::kSettings, facts);
  facts.insert_quorum = read_quorum(value_of(*told, "insert_quorum"));
  facts.ignores_view_errors = value_of(*told, "materialized_views_ignore_errors") == "1";
  if (!facts.knows_deduplication_token) return Done{};
  const auto token_arrives = arrives(http, "insert_deduplication_token", "arrives");
  if (!token_arrives) return token_arrives.error();
  facts.loses_deduplication_token = !token_arrives.value();
  const bool waits =
      value_of(*told, "async_insert") != "1" || value_of(*told, "wait_for_async_insert") != "0";
  facts.answers_early = facts.loses_deduplication_token && !waits;
  return Done{};
}

Result<Done> read_table_settings(ClickHouseHttp& http, ServerFacts& facts) {
  auto told = values_in(http, "SELECT name, value FROM system.merge_tree_settings WHERE name IN (" +
                                  names_of(ToldBy::kTableSettings) + ")");
  // Shown only to whom it was granted: such a server (22.9 and newer) knows both settings. What it
  // has set them to for all tables it keeps to itself.
  if (!told && told.error().peer_code == kAccessDenied) {
    facts.knows_deduplication_window = facts.knows_durable_inserts = true;
    return Done{};
  }
  if (!told) return told.error();
  take(*told, ToldBy::kTableSettings, facts);
  facts.fsyncs_after_insert = value_of(*told, "fsync_after_insert") == "1";
  const std::string window = value_of(*told, "non_replicated_deduplication_window");
  facts.has_deduplication_window = !window.empty() && window != "0";
  return Done{};
}

// Where they may not be seen, replicated tables are taken to have a window, as by default.
Result<Done> read_replicated_settings(ClickHouseHttp& http, ServerFacts& facts) {
  if (!facts.knows_deduplication_token) return Done{};
  const auto window = run_query(http,
                                "SELECT value FROM system.replicated_merge_tree_settings "
                                "WHERE name = 'replicated_deduplication_window'");
  const int refusal = window ? 0 : window.error().peer_code;
  if (refusal == kAccessDenied || refusal == kUnknownTable) return Done{};
  if (!window) return window.error();
  facts.lacks_replicated_window = window.value() == "0\n";
  return Done{};
}

Result<Done> read_columns(ClickHouseHttp& http, ServerFacts& facts) {
  auto columns = values_in(http,
                           "SELECT concat(table, '.', name) AS named FROM system.columns "
                           "WHERE database = 'system' AND named IN (" +
                               names_of(ToldBy::kColumns) + ")");
  if (!columns) return columns.error();
  take(*columns, ToldBy::kColumns, facts);
  return Done{};
}

// 18.16 has the one with types for output only.
Result<Done> read_formats(ClickHouseHttp& http, ServerFacts& facts) {
  auto formats = values_in(http, "SELECT name FROM system.formats WHERE is_input AND name IN (" +
                                     names_of(ToldBy::kFormats) + ")");
  if (!formats) return formats.error();
  take(*formats, ToldBy::kFormats, facts);
  return Done{};
}

}  // namespace

const std::array<Knowledge, 22> kKnowledge = {{
    {&ServerFacts::knows_insert_deduplicate, ToldBy::kSettings, "insert_deduplicate", "18.16"},
    {&ServerFacts::knows_deduplicate_insert, ToldBy::kSettings, "deduplicate_insert", "26.7"},
    {&ServerFacts::knows_timeout_overflow_mode, ToldBy::kSettings, "timeout_overflow_mode",
     "18.16"},
    {&ServerFacts::knows_insert_distributed_sync, ToldBy::kSettings, "insert_distributed_sync",
     "18.16"},
    {&ServerFacts::knows_distributed_foreground, ToldBy::kSettings, "distributed_foreground_insert",
     "23.10"},
    {&ServerFacts::knows_async_insert, ToldBy::kSettings, "async_insert", "23.10"},
    {&ServerFacts::knows_deduplication_token, ToldBy::kSettings, "insert_deduplication_token",
     "23.10"},
    {&ServerFacts::knows_view_deduplication, ToldBy::kSettings,
     "deduplicate_blocks_in_dependent_materialized_views", "23.10"},
    {&ServerFacts::knows_types_header, ToldBy::kSettings, "input_format_with_types_use_header",
     "23.10"},
    {&ServerFacts::knows_defaults_for_omitted, ToldBy::kSettings,
     "input_format_defaults_for_omitted_fields", "23.10"},
    {&ServerFacts::knows_binary_types, ToldBy::kSettings,
     "input_format_binary_decode_types_in_binary_format", "24.8"},
    {&ServerFacts::knows_log_comment, ToldBy::kSettings, "log_comment", "23.10"},
    {&ServerFacts::knows_json_as_string, ToldBy::kSettings,
     "input_format_binary_read_json_as_string", "25.5"},
    {&ServerFacts::knows_format_block_bytes, ToldBy::kSettings, "input_format_max_block_size_bytes",
     "25.5"},
    {&ServerFacts::knows_insert_block_bytes, ToldBy::kSettings, "max_insert_block_size_bytes",
     "26.7"},
    {&ServerFacts::knows_deduplication_window, ToldBy::kTableSettings,
     "non_replicated_deduplication_window", "23.10"},
    {&ServerFacts::knows_durable_inserts, ToldBy::kTableSettings, "fsync_after_insert", "23.10"},
    {&ServerFacts::knows_column_positions, ToldBy::kColumns, "columns.position", "23.10"},
    {&ServerFacts::knows_table_uuids, ToldBy::kColumns, "tables.uuid", "23.10"},
    {&ServerFacts::knows_typed_rows, ToldBy::kFormats, "RowBinaryWithNamesAndTypes", "23.10"},
    {&ServerFacts::knows_rows_with_defaults, ToldBy::kFormats, "RowBinaryWithDefaults", "23.10"},
    {&ServerFacts::knows_typed_rows_with_defaults, ToldBy::kFormats,
     "RowBinaryWithNamesAndTypesAndDefaults", "26.7"},
}};

bool operator==(const ServerFacts& a, const ServerFacts& b) {
  return a.version == b.version && a.loses_deduplication_token == b.loses_deduplication_token &&
         a.insert_quorum == b.insert_quorum && a.fsyncs_after_insert == b.fsyncs_after_insert &&
         a.ignores_view_errors == b.ignores_view_errors && a.answers_early == b.answers_early &&
         a.has_deduplication_window == b.has_deduplication_window &&
         a.lacks_replicated_window == b.lacks_replicated_window &&
         std::all_of(kKnowledge.begin(), kKnowledge.end(),
                     [&](const Knowledge& each) { return a.*each.fact == b.*each.fact; });
}

Result<ServerFacts> read_server_facts(ClickHouseHttp& http) {
  ServerFacts facts;
  auto version = ask(http, version_question());
  if (!version) return version.error();
  facts.version = std::move(*version);
  for (const auto& read :
       {read_settings, read_table_settings, read_replicated_settings, read_columns, read_formats})
    if (auto done = read(http, facts); !done) return done.error();
  return facts;
}

std::string distributed_setting(const ServerFacts& facts) {
  if (facts.knows_distributed_foreground) return "distributed_foreground_insert";
  return facts.knows_insert_distributed_sync ? "insert_distributed_sync" : "";
}

Result<bool> awaits_shards(ClickHouseHttp& http, const ServerFacts& facts) {
  const std::string setting = distributed_setting(facts);
  return setting.empty() ? Result<bool>(false) : arrives(http, setting, "1");
}

// uptime() counts whole seconds: in doubt it is asked until the next one has begun.
Result<bool> was_started_after(ClickHouseHttp& http, TimePoint time) {
  const char* query = "SELECT uptime()";
  TimePoint earliest = TimePoint::min(), latest = TimePoint::max();
  for (int tries = 0; tries < kMostUptimeTries; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(kBetweenUptimes);
    const TimePoint asked_at = Clock::now();
    auto answer = run_query(http, query);
    if (!answer) return answer.error();
    std::int64_t number = 0;
    if (std::from_chars(answer->data(), answer->data() + answer->size(), number).ec != std::errc())
      return Error{ErrorKind::kConfiguration,
                   http.server().describe() + " answered " + query + " with no number: " + *answer};
    const std::chrono::seconds uptime(number);
    earliest = std::max(earliest, asked_at - uptime - std::chrono::seconds(1));
    latest = std::min(latest, Clock::now() - uptime);
    if (time < earliest) return true;
    if (time >= latest) return false;
  }
  return true;
}

}  // namespace event_consumer
