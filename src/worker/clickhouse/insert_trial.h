// Tries whether the server would take rows, with an insert of none.
#pragma once

#include <vector>

#include "worker/clickhouse/clickhouse_http.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table_description.h"

namespace event_consumer {

// Posts the worker's own statement with no rows: rights and the engine are checked, and nothing is
// stored.
HttpAnswer post_no_rows(ClickHouseHttp& http, const ServerFacts& facts, const TableName& table,
                        const std::vector<Column>& columns);

// The same for the start of a worker: the Error (kConfiguration) says what somebody has to change.
// Whatever passes by itself is no Error, because the inserts to come wait for it.
Result<Done> try_insert(ClickHouseHttp& http, const ServerFacts& facts, const TableName& table,
                        const std::vector<Column>& columns);

// «user U cannot insert into `d`.`t`»
std::string cannot_insert(const ClickHouseServer& server, const TableName& table);

}  // namespace event_consumer
