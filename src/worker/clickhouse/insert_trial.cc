#include "worker/clickhouse/insert_trial.h"

#include "worker/clickhouse/clickhouse_diagnosis.h"
#include "worker/clickhouse/insert.h"

namespace event_consumer {

HttpAnswer post_no_rows(ClickHouseHttp& http, const ServerFacts& facts, const TableName& table,
                        const std::vector<Column>& columns) {
  // A token would be remembered.
  ServerFacts without_token = facts;
  without_token.knows_deduplication_token = false;
  const InsertFormat format = insert_format(table, columns, without_token);
  return http.post(insert_parameters(format, without_token, "", http.server().settings),
                   format.head, "");
}

Result<Done> try_insert(ClickHouseHttp& http, const ServerFacts& facts, const TableName& table,
                        const std::vector<Column>& columns) {
  if (columns.empty()) return Done{};  // said by whoever encodes for them
  const ClickHouseServer server = http.server();
  const HttpAnswer answer = post_no_rows(http, facts, table, columns);
  if (answer.ok()) return Done{};
  const Diagnosis diagnosis = diagnose_clickhouse(answer, server);
  if (diagnosis.kind != ErrorKind::kConfiguration) return Done{};
  return Error{ErrorKind::kConfiguration,
               with_remedy(cannot_insert(server, table) + " on " + server.describe() + ": " +
                               diagnosis.cause,
                           diagnosis.remedy),
               answer.exception};
}

std::string cannot_insert(const ClickHouseServer& server, const TableName& table) {
  return "user " + server.user + " cannot insert into " + table.quoted();
}

}  // namespace event_consumer
