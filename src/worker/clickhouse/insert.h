// Posts sealed batches to ClickHouse, and says of each what became of it.
#pragma once

#include <string>
#include <vector>

#include "worker/batch/batch.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table.h"
#include "worker/insert/inserter.h"

namespace event_consumer {

// How rows of these columns are written: with marks for DEFAULT where a column has one and the
// server reads such rows.
RowFormat row_format(const std::vector<Column>& columns, const ServerFacts& facts);

// The INSERT for rows of these columns, written in the format `rows`. Where the server compares
// them (RowBinaryWithNamesAndTypes), names and types of the columns stand before the rows.
InsertFormat insert_format(const TableName& table, const std::vector<Column>& columns,
                           const ServerFacts& facts, RowFormat rows = RowFormat::kRowBinary);

// The settings that make the answer to an insert final: it is synchronous, and the answer comes
// when it is done. Its rows are one block: of a table without partitions it is stored whole or not
// at all, and so is a message. The statement itself stands at the head of the body:
// ClickHouse 18.16 takes 16 kB of a URL, many a proxy 8 kB. A server that knows tokens recognises a
// repeated insert by `token`, in the tables behind views, too, where it can; another one is told to
// take equal rows for two batches, if it can. Only settings that the server knows are sent, and
// `settings`, those of the options. In system.query_log, log_comment names this program, unless
// `settings` have one. The token is the query's id, too: no server runs the same
// insert twice at once.
QueryParameters insert_parameters(const InsertFormat& format, const ServerFacts& facts,
                                  const std::string& token, const InsertSettings& settings = {});

// Posts `batch` to the server in use, of which `facts` are known, and waits for the answer. The
// same batch may be posted again, also to another server, and keeps its token. Where that would
// store it again (`deduplicates` is false), an answer is waited for beyond the time-out while the
// server works on the insert, and the message of an unknown outcome says what it may come to.
InsertOutcome post_batch(ClickHouseHttp& http, const ServerFacts& facts, const Batch& batch,
                         bool deduplicates);

}  // namespace event_consumer
