#include "worker/clickhouse/insert.h"

#include "worker/clickhouse/quote.h"

namespace event_consumer {
namespace {

constexpr std::size_t kMessageBytes = 500;

}  // namespace

std::string insert_query(const TableName& name, const std::vector<Column>& columns) {
  std::string query = "INSERT INTO " + name.quoted() + " (";
  for (const Column& column : columns) {
    if (query.back() != '(') query += ", ";
    query += quote_identifier(column.name);
  }
  return query + ") FORMAT RowBinary";
}

QueryParameters insert_parameters(const std::string& query, const ServerFacts& facts,
                                  const std::string& token) {
  QueryParameters parameters = {{"query", query}, {"wait_end_of_query", "1"}};
  if (facts.knows_async_insert) parameters.emplace_back("async_insert", "0");
  if (facts.knows_deduplication_token)
    parameters.emplace_back("insert_deduplication_token", token);
  else if (facts.knows_insert_deduplicate)
    parameters.emplace_back("insert_deduplicate", "0");
  return parameters;
}

std::optional<InsertOutcome> Insert::meet_server() {
  const int change = http_.server_changes();
  if (change == met_) return std::nullopt;
  const auto facts = meet_server_(http_);
  if (facts) {
    facts_ = facts.value();
    met_ = change;
    return std::nullopt;
  }
  if (http_.server_changes() == change) http_.use_next_server(facts.error().message);
  return InsertOutcome{InsertOutcome::Kind::kRefused, 0, facts.error().message};
}

InsertOutcome Insert::post(const Batch& batch) {
  if (auto refusal = meet_server()) return *refusal;
  const std::string where = http_.server().describe();  // a failed post may change it
  const HttpAnswer answer =
      http_.post(insert_parameters(query_, facts_, batch.token()), batch.bytes());
  if (answer.status == 0)
    return {InsertOutcome::Kind::kUnknown, 0, where + " did not answer: " + answer.body};
  if (answer.ok() && answer.body.empty()) return {InsertOutcome::Kind::kStored, 0, ""};
  if (answer.ok())
    return {InsertOutcome::Kind::kUnknown, 0,
            where + " answered an insert with a page, is it ClickHouse? " +
                answer.body.substr(0, kMessageBytes)};
  return {InsertOutcome::Kind::kRefused, answer.exception,
          where + " refused the insert: HTTP " + std::to_string(answer.status) + ", " +
              answer.body.substr(0, kMessageBytes)};
}

}  // namespace event_consumer
