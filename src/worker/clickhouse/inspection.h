// Inspection: what a worker knows of a server and of its table before it sends rows there.
#pragma once

#include <optional>

#include "worker/clickhouse/clickhouse_http.h"
#include "worker/clickhouse/deduplication.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table.h"
#include "worker/clickhouse/table_engine.h"

namespace event_consumer {

struct Inspection {
  ServerFacts facts;
  OpenTable table;
  TableDeduplication deduplication = {};
  StoredIn stored_in = {};
};

// With what follows from facts and table for the promises.
Inspection make_inspection(ServerFacts facts, OpenTable table);

// What the server in use knows; it must take the settings that inserts bear.
Result<ServerFacts> read_facts(ClickHouseHttp& http);

// What is wrong with the table as the target of inserts through the server in use: what
// judge_target says, or that an answer of a Distributed table would not mean that its shards have
// the rows. The Error is run_query's.
Result<std::optional<WrongTarget>> find_wrong(ClickHouseHttp& http, const ServerFacts& facts,
                                              const TableTarget& target, bool allow_buffer);

// Fails where anything is.
Result<Done> expect_target(ClickHouseHttp& http, const ServerFacts& facts,
                           const TableTarget& target, bool allow_buffer);

// A table without columns is not quite created yet.
bool is_absent(const Result<OpenTable>& table);

// Looks from outside whether a server would take rows, over a connection of its own: asks what it
// knows, looks at the table, and inserts no rows. Creates nothing. Any failure is an Error.
class Inspector {
 public:
  // `server` is asked alone, without its alternatives.
  Inspector(ClickHouseServer server, TableName table, bool allow_buffer);

  Result<Inspection> look();

 private:
  ClickHouseServer server_;
  TableName table_;
  bool allow_buffer_;
  bool was_absent_ = false;  // at the last look there was no table
};

}  // namespace event_consumer
