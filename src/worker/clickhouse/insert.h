// Posts sealed batches to ClickHouse, and says of each whether it is stored.
#pragma once

#include <functional>
#include <optional>
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
  // Finds out what another server knows, and that rows encoded for the first one fit there too.
  using MeetServer = std::function<Result<ServerFacts>(ClickHouseHttp&)>;

  // `facts` are those of `server`. `meet_server` is needed when it has alternatives.
  Insert(const ClickHouseServer& server, const ServerFacts& facts, std::string query,
         MeetServer meet_server = nullptr)
      : http_(server),
        facts_(facts),
        query_(std::move(query)),
        meet_server_(std::move(meet_server)) {}

  // Posts `batch` and waits for the answer. The same batch may be posted again, with the same
  // token also to another server: to the next one when this one is away. One that was not met yet
  // is met first; when it is not fit, nothing is sent to it and its turn is over.
  InsertOutcome post(const Batch& batch);

 private:
  // Why the server in use gets no rows; nothing when it may have them.
  std::optional<InsertOutcome> meet_server();

  ClickHouseHttp http_;
  ServerFacts facts_;
  std::string query_;
  MeetServer meet_server_;
  int met_ = 0;  // the server_changes() up to which meet_server_ was content
};

}  // namespace event_consumer
