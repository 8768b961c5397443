// What this ClickHouse server knows, asked once: an old server answers settings that it does not
// know with an exception, so nothing is sent before it is known to be understood.
#pragma once

#include <string>

#include "worker/clickhouse/clickhouse_http.h"

namespace event_consumer {

struct ServerFacts {
  std::string version;
  bool knows_async_insert = false;         // setting async_insert
  bool knows_deduplication_token = false;  // setting insert_deduplication_token
  bool knows_insert_deduplicate = false;   // setting insert_deduplicate
  // MergeTree setting non_replicated_deduplication_window.
  bool knows_deduplication_window = false;
  // The input formats RowBinaryWithNamesAndTypes, RowBinaryWithDefaults, and the one that is both.
  bool knows_typed_rows = false;
  bool knows_rows_with_defaults = false;
  bool knows_typed_rows_with_defaults = false;
};

bool operator==(const ServerFacts& a, const ServerFacts& b);

// Reads system.settings and system.merge_tree_settings. The Error is run_query's.
Result<ServerFacts> read_server_facts(ClickHouseHttp& http);

}  // namespace event_consumer
