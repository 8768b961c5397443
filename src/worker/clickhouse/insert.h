// Posts sealed batches to ClickHouse, and says of each whether it is stored.
#pragma once

#include <string>
#include <vector>

#include "worker/batch.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table.h"
#include "worker/inserter.h"

namespace event_consumer {

// «INSERT INTO … (columns) FORMAT RowBinary».
std::string insert_query(const TableName& name, const std::vector<Column>& columns);

// The query and the settings that make its answer final: the insert is synchronous, the answer
// comes when it is done, and a repeat is recognised by the token (or, where the server knows no
// tokens, not confused with another batch of equal rows). Only what the server knows is sent.
QueryParameters insert_parameters(const std::string& query, const ServerFacts& facts,
                                  const std::string& token);

class Insert {
 public:
  Insert(const ClickHouseServer& server, const ServerFacts& facts, std::string query)
      : http_(server), facts_(facts), query_(std::move(query)) {}

  // Posts `batch` and waits for the answer. The same batch may be posted again.
  InsertOutcome post(const Batch& batch);

 private:
  ClickHouseHttp http_;
  ServerFacts facts_;
  std::string query_;
};

}  // namespace event_consumer
