// The part of `check` that asks ClickHouse.
#pragma once

#include <string>

#include "common/options.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/commands/report.h"

namespace event_consumer {

void check_clickhouse(const Options& options, Report& report);

// Whether ClickHouse would notice that an insert is repeated, in a table of this `engine` created
// with `engine_full` (both as in system.tables); if not, why not and what to do. In plain words.
struct Repeats {
  bool noticed;
  std::string words;
};
Repeats judge_repeats(const ServerFacts& facts, const std::string& engine,
                      const std::string& engine_full);

}  // namespace event_consumer
