#include "worker/clickhouse/insert.h"

#include <algorithm>
#include <utility>

#include "worker/clickhouse/clickhouse_diagnosis.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/quote.h"
#include "worker/clickhouse/running_query.h"
#include "worker/encode/leb128.h"

namespace event_consumer {
namespace {

// Of a longer message the beginning and the end are kept: a view that fails is named last.
constexpr std::size_t kMessageBeginning = 350;
constexpr std::size_t kMessageEnd = 200;

// ClickHouse answers an insert with nothing, and one that it refuses with some lines.
constexpr std::size_t kLongestAnswer = 1 << 20;

// What a server reads of a statement unless it is told to read more (max_query_size).
constexpr std::size_t kLongestStatement = 262'144;

// A block may have so many rows: as many as a batch at most, and as a message.
constexpr std::size_t kMostBlockRows = 1 << 20;
static_assert(RowEncoder::kMostEvents <= kMostBlockRows);

// INSERT_WAS_DEDUPLICATED: the same token was there already.
constexpr int kInsertWasDeduplicated = 389;

void append_string(const std::string& text, std::string& out) {
  out += Leb128(text.size()).view();
  out += text;
}

std::string shorten(std::string said) {
  said.erase(said.find_last_not_of("\r\n ") + 1);
  if (said.size() <= kMessageBeginning + kMessageEnd) return said;
  return said.substr(0, kMessageBeginning) + " […] " + said.substr(said.size() - kMessageEnd);
}

}  // namespace

RowFormat row_format(const std::vector<Column>& columns, const ServerFacts& facts) {
  const bool any_default = std::any_of(columns.begin(), columns.end(),
                                       [](const Column& column) { return column.has_default; });
  const bool read = facts.knows_rows_with_defaults || facts.knows_typed_rows_with_defaults;
  return any_default && read ? RowFormat::kRowBinaryWithDefaults : RowFormat::kRowBinary;
}

InsertFormat insert_format(const TableName& table, const std::vector<Column>& columns,
                           const ServerFacts& facts, RowFormat rows) {
  InsertFormat format;
  std::string& head = format.head;
  head = "INSERT INTO " + table.quoted() + " (";
  bool is_first = true;
  for (const Column& column : columns) {
    if (!std::exchange(is_first, false)) head += ", ";
    head += quote_identifier(column.name);
  }
  const bool with_defaults = rows == RowFormat::kRowBinaryWithDefaults;
  format.states_types =
      with_defaults ? facts.knows_typed_rows_with_defaults : facts.knows_typed_rows;
  head += ") FORMAT RowBinary";
  if (format.states_types) {
    head += with_defaults ? "WithNamesAndTypesAndDefaults" : "WithNamesAndTypes";
  } else if (with_defaults) {
    head += "WithDefaults";
  }
  format.statement_bytes = head.size();
  // The server takes what follows one line break for rows, whatever it begins with.
  head += '\n';
  if (!format.states_types) return format;
  head += Leb128(columns.size()).view();
  for (const Column& column : columns) append_string(column.name, head);
  for (const Column& column : columns) append_string(column.type.name, head);
  return format;
}

QueryParameters insert_parameters(const InsertFormat& format, const ServerFacts& facts,
                                  const std::string& token, const InsertSettings& settings) {
  QueryParameters parameters = settings;
  parameters.emplace_back("wait_end_of_query", "1");
  if (format.statement_bytes > kLongestStatement)
    parameters.emplace_back("max_query_size", std::to_string(format.statement_bytes + 1));
  // Whatever the user's profile says. With «break» an insert that takes longer than
  // max_execution_time ends with nothing stored, and is answered as one that is.
  if (facts.knows_timeout_overflow_mode) parameters.emplace_back("timeout_overflow_mode", "throw");
  // Without the first, an answer of a Distributed table would mean «spooled»; without the second,
  // types would not be compared, and garbage would be stored.
  if (const std::string setting = distributed_setting(facts); !setting.empty())
    parameters.emplace_back(setting, "1");
  if (facts.knows_types_header) parameters.emplace_back("input_format_with_types_use_header", "1");
  // An absent key would become an empty value; and the types, which are sent as texts, would be
  // read as codes.
  if (facts.knows_defaults_for_omitted)
    parameters.emplace_back("input_format_defaults_for_omitted_fields", "1");
  if (facts.knows_binary_types)
    parameters.emplace_back("input_format_binary_decode_types_in_binary_format", "0");
  if (facts.knows_json_as_string)
    parameters.emplace_back("input_format_binary_read_json_as_string", "1");
  // Nor is a block smaller than the insert. Since there is a limit in bytes, one is also ended when
  // both of its lower limits are reached.
  parameters.emplace_back("max_insert_block_size", std::to_string(kMostBlockRows));
  if (facts.knows_insert_block_bytes) {
    parameters.emplace_back("max_insert_block_size_bytes", "0");
    parameters.emplace_back("min_insert_block_size_rows", std::to_string(kMostBlockRows));
  }
  if (facts.knows_format_block_bytes)
    parameters.emplace_back("input_format_max_block_size_bytes", "0");
  if (facts.knows_async_insert) parameters.emplace_back("async_insert", "0");
  if (facts.knows_deduplication_token) {
    parameters.emplace_back("insert_deduplication_token", token);
    // A profile may have turned off what tokens are for.
    if (facts.knows_insert_deduplicate) parameters.emplace_back("insert_deduplicate", "1");
    if (facts.knows_deduplicate_insert) parameters.emplace_back("deduplicate_insert", "enable");
    if (facts.knows_view_deduplication)
      parameters.emplace_back("deduplicate_blocks_in_dependent_materialized_views", "1");
  } else if (facts.knows_insert_deduplicate) {
    parameters.emplace_back("insert_deduplicate", "0");
  }
  // A Distributed table hands it on to its shards, as it does not the name of the HTTP client.
  const bool has_comment = std::any_of(settings.begin(), settings.end(), [](const auto& each) {
    return each.first == "log_comment";
  });
  if (facts.knows_log_comment && !has_comment)
    parameters.emplace_back("log_comment", "event-consumer/" EVENT_CONSUMER_VERSION);
  if (!token.empty()) parameters.emplace_back("query_id", token);
  return parameters;
}

namespace {

using Kind = InsertOutcome::Kind;

// Of an answer that is not «stored».
InsertOutcome judge_refusal(const HttpAnswer& answer, const ClickHouseServer& server) {
  const std::string where = server.describe();
  const std::string said = shorten(answer.body);
  if (answer.ok())
    return {Kind::kUnknown, 0, where + " answered an insert with a page, is it ClickHouse? " + said,
            ErrorClass::kConfiguration};
  // A proxy may have passed the insert on.
  const bool is_own = answer.missing.empty();
  std::string how =
      is_own ? " refused the insert: HTTP " : " gave no answer of its own to an insert: HTTP ";
  if (answer.exception == kStillRunning) how = " still works on the insert, posted before: HTTP ";
  InsertOutcome refused = {
      is_own && !leaves_outcome_unknown(answer.exception) ? Kind::kRefused : Kind::kUnknown,
      answer.exception,
      where + how + std::to_string(answer.status) + (is_own ? "" : " without " + answer.missing) +
          (said.empty() ? "" : ", " + said),
      classify_failure(answer.status, answer.exception, is_own ? answer.body : "")};
  // Halves of what may be stored would double it.
  if (refused.kind == Kind::kUnknown && refused.error_class == ErrorClass::kUnclear)
    refused.error_class = ErrorClass::kTransient;
  refused.is_in_table = refused.kind == Kind::kRefused && names_failed_view(answer.body);
  if (refused.error_class == ErrorClass::kConfiguration)
    refused.message = with_remedy(refused.message, diagnose_clickhouse(answer, server).remedy);
  return refused;
}

InsertOutcome judge(const HttpAnswer& answer, const ClickHouseServer& server) {
  const std::string where = server.describe();
  if (!answer.was_sent())
    return {Kind::kRefused, 0, "cannot reach " + where + ": " + answer.body,
            ErrorClass::kTransient};
  if (answer.status == 0)
    return {Kind::kUnknown, 0, where + " did not answer: " + answer.body, ErrorClass::kTransient};
  if ((answer.ok() && answer.body.empty()) || answer.exception == kInsertWasDeduplicated)
    return {Kind::kStored, 0, "", ErrorClass::kTransient};
  return judge_refusal(answer, server);
}

}  // namespace

InsertOutcome post_batch(ClickHouseHttp& http, const ServerFacts& facts, const Batch& batch,
                         bool deduplicates) {
  const InsertFormat& format = batch.format();
  const ClickHouseServer server = http.server();  // a failed post may change it
  RunningQuery running(server, batch.token());
  AnswerLimits limits{kLongestAnswer};
  if (!deduplicates) limits.wait_on = [&] { return running.wait_on(); };
  const HttpAnswer answer =
      http.post(insert_parameters(format, facts, batch.token(), server.settings), format.head,
                batch.bytes(), limits);
  InsertOutcome outcome = judge(answer, server);
  outcome.still_runs = outcome.code == kStillRunning;
  if (outcome.kind == Kind::kUnknown && !outcome.still_runs && !deduplicates)
    outcome.message += "; its " + std::to_string(batch.rows()) + " rows may be stored twice";
  return outcome;
}

}  // namespace event_consumer
