// Which settings and formats a ClickHouse server understands. A server answers a setting that it
// does not know with an exception, so each is asked for before it is used. A proxy before it may
// drop settings: the token is therefore sent once and read back.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "common/clock.h"
#include "worker/clickhouse/clickhouse_http.h"

namespace event_consumer {

struct ServerFacts {
  std::string version;
  bool knows_async_insert = false;             // setting async_insert
  bool knows_deduplication_token = false;      // setting insert_deduplication_token
  bool loses_deduplication_token = false;      // and what is sent of it does not arrive there
  bool knows_insert_deduplicate = false;       // setting insert_deduplicate
  bool knows_deduplicate_insert = false;       // setting deduplicate_insert, which overrides it
  bool knows_timeout_overflow_mode = false;    // setting timeout_overflow_mode
  bool knows_types_header = false;             // setting input_format_with_types_use_header
  bool knows_defaults_for_omitted = false;     // setting input_format_defaults_for_omitted_fields
  bool knows_binary_types = false;             // input_format_binary_decode_types_in_binary_format
  bool knows_json_as_string = false;           // setting input_format_binary_read_json_as_string
  bool knows_insert_block_bytes = false;       // setting max_insert_block_size_bytes
  bool knows_format_block_bytes = false;       // setting input_format_max_block_size_bytes
  bool knows_log_comment = false;              // setting log_comment
  bool knows_insert_distributed_sync = false;  // setting insert_distributed_sync
  bool knows_distributed_foreground = false;  // setting distributed_foreground_insert, its new name
  bool knows_view_deduplication = false;      // deduplicate_blocks_in_dependent_materialized_views
  bool knows_deduplication_window = false;    // non_replicated_deduplication_window of tables
  bool knows_durable_inserts = false;         // setting fsync_after_insert of tables
  bool knows_column_positions = false;        // column position of system.columns
  bool knows_table_uuids = false;             // column uuid of system.tables
  bool knows_typed_rows = false;              // input format RowBinaryWithNamesAndTypes
  bool knows_rows_with_defaults = false;      // RowBinaryWithDefaults
  bool knows_typed_rows_with_defaults = false;  // RowBinaryWithNamesAndTypesAndDefaults
  std::uint64_t insert_quorum = 0;              // with our settings; «auto», a majority, is 2
  bool fsyncs_after_insert = false;             // MergeTree tables that do not say otherwise
  bool ignores_view_errors = false;             // with our settings
  // Inserts are asynchronous by the user's profile and not waited for, and ours cannot change that.
  bool answers_early = false;
  // Of tables that do not say otherwise, by the server's own configuration.
  bool has_deduplication_window = false;  // not replicated ones have one
  bool lacks_replicated_window = false;   // replicated ones have none
};

// Where a server tells what it knows.
enum class ToldBy {
  kSettings,       // system.settings
  kTableSettings,  // system.merge_tree_settings
  kColumns,        // system.columns: of the system tables, as table.column
  kFormats,        // system.formats: formats for input
};

struct Knowledge {
  bool ServerFacts::*fact;
  ToldBy told_by;
  const char* name;  // there
  // The oldest that knows it of the versions that tests ask: 18.16, 23.10, 24.8, 25.5, 26.7, 26.9.
  const char* known_from;
};

// What versions of ClickHouse know, and others do not. A server is asked, whatever its version:
// tests ask one of each age, and compare (tests/engine/server_facts_test.cc).
extern const std::array<Knowledge, 22> kKnowledge;

bool operator==(const ServerFacts& a, const ServerFacts& b);

// Asks the server in use for its version and reads its system tables. The Error is run_query's.
Result<ServerFacts> read_server_facts(ClickHouseHttp& http);

// The setting with which a Distributed table answers when its shards have the rows, and not when it
// has spooled them; empty where the server knows none.
std::string distributed_setting(const ServerFacts& facts);

// Whether that setting reaches the server in use. The Error is run_query's.
Result<bool> awaits_shards(ClickHouseHttp& http, const ServerFacts& facts);

// Whether the server in use was started after that time, or may have been: within the time that an
// answer takes nobody can tell. May take a second. The Error is run_query's, or kConfiguration: the
// server does not say.
Result<bool> was_started_after(ClickHouseHttp& http, TimePoint time);

}  // namespace event_consumer
