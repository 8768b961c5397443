// Whether a repeated insert is stored once. Pure; knows no server.
#pragma once

#include <string>

#include "worker/clickhouse/server_facts.h"

namespace event_consumer {

struct TableDeduplication {
  bool deduplicates = false;
  std::string explanation;  // for people: if it does not, why not and what to do about it
};

// Of a table with this `engine` and `engine_full`, both as in system.tables.
TableDeduplication judge_deduplication(const ServerFacts& facts, const std::string& engine,
                                       const std::string& engine_full);

}  // namespace event_consumer
