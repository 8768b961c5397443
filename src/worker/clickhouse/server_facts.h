// What this ClickHouse server knows, asked once: an old server answers settings that it does not
// know with an exception, so nothing is sent before it is known to be understood.
#pragma once

#include <string>

#include "worker/clickhouse/http.h"

namespace event_consumer {

struct ServerFacts {
  std::string version;
  bool knows_async_insert = false;          // setting async_insert
  bool knows_deduplication_token = false;   // setting insert_deduplication_token
  bool knows_insert_deduplicate = false;    // setting insert_deduplicate
  bool knows_typed_rows = false;            // input format RowBinaryWithNamesAndTypes
  bool knows_rows_with_defaults = false;    // input format RowBinaryWithDefaults
  bool knows_deduplication_window = false;  // MergeTree setting non_replicated_deduplication_window
};

// Reads system.settings and system.merge_tree_settings. The Error is run_query's.
Result<ServerFacts> read_server_facts(ClickHouseHttp& http);

}  // namespace event_consumer
