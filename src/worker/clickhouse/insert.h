// Posts sealed batches to ClickHouse, and says of each what became of it.
#pragma once

#include <string>
#include <vector>

#include "worker/batch/batch.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table.h"
#include "worker/insert/inserter.h"

namespace event_consumer {

// How rows for these columns are written: with marks for DEFAULT where columns have one and the
// server reads them.
RowFormat row_format(const std::vector<Column>& columns, const ServerFacts& facts);

// The INSERT for rows of these columns in that format. Where the server reads them, names and types
// stand before the rows and are compared by the server (RowBinaryWithNamesAndTypes).
InsertFormat insert_format(const TableName& name, const std::vector<Column>& columns,
                           const ServerFacts& facts, RowFormat rows = RowFormat::kRowBinary);

// The query and the settings that make its answer final: the insert is synchronous, the answer
// comes when it is done, and a repeat is recognised by the token (or, where the server knows no
// tokens, not confused with another batch of equal rows). Only what the server knows is sent.
QueryParameters insert_parameters(const std::string& query, const ServerFacts& facts,
                                  const std::string& token);

// Posts `batch` to a server of which `facts` are known, and waits for the answer. The same batch
// may be posted again, with the same token also to another server.
InsertOutcome post_batch(ClickHouseHttp& http, const ServerFacts& facts, const Batch& batch);

}  // namespace event_consumer
