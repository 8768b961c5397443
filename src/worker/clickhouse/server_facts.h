// Which settings and formats a ClickHouse server understands. A server answers a setting that it
// does not know with an exception, so each is asked for before it is used. A proxy before it may
// drop settings: the token is therefore sent once and read back.
#pragma once

#include <cstdint>
#include <string>

#include "worker/clickhouse/clickhouse_http.h"

namespace event_consumer {

struct ServerFacts {
  std::string version;
  bool knows_async_insert = false;         // setting async_insert
  bool knows_deduplication_token = false;  // setting insert_deduplication_token
  bool loses_deduplication_token = false;  // and what is sent of it does not arrive there
  bool knows_insert_deduplicate = false;   // setting insert_deduplicate
  bool knows_types_header = false;         // setting input_format_with_types_use_header
  bool knows_json_as_string = false;       // setting input_format_binary_read_json_as_string
  bool knows_insert_block_bytes = false;   // setting max_insert_block_size_bytes
  bool knows_format_block_bytes = false;   // setting input_format_max_block_size_bytes
  bool knows_log_comment = false;          // setting log_comment
  // The setting that makes the answer to an insert into a Distributed table wait for the shards:
  // distributed_foreground_insert, insert_distributed_sync in older versions.
  std::string distributed_sync = {};
  // The setting non_replicated_deduplication_window of MergeTree tables.
  bool knows_deduplication_window = false;
  // The setting deduplicate_blocks_in_dependent_materialized_views.
  bool knows_view_deduplication = false;
  std::uint64_t insert_quorum = 0;              // with our settings; «auto», a majority, is 2
  bool fsyncs_after_insert = false;             // MergeTree tables that do not say otherwise
  bool knows_column_positions = false;          // column position of system.columns
  bool knows_table_uuids = false;               // column uuid of system.tables
  bool knows_durable_inserts = false;           // setting fsync_after_insert of tables
  bool knows_typed_rows = false;                // input format RowBinaryWithNamesAndTypes
  bool knows_rows_with_defaults = false;        // RowBinaryWithDefaults
  bool knows_typed_rows_with_defaults = false;  // RowBinaryWithNamesAndTypesAndDefaults
};

bool operator==(const ServerFacts& a, const ServerFacts& b);

// Asks the server in use for its version and reads its system tables. The Error is run_query's.
Result<ServerFacts> read_server_facts(ClickHouseHttp& http);

}  // namespace event_consumer
