// Whether an insert that is repeated is stored once.
#pragma once

#include <string>

#include "worker/clickhouse/server_facts.h"

namespace event_consumer {

// Whether ClickHouse would notice that an insert is repeated, in a table of this `engine` created
// with `engine_full` (both as in system.tables); if not, why not and what to do. In plain words.
struct TableDeduplication {
  bool noticed = false;
  std::string words;
};
TableDeduplication judge_deduplication(const ServerFacts& facts, const std::string& engine,
                                       const std::string& engine_full);

}  // namespace event_consumer
