// Whether a repeated insert is stored once, in every table that its rows come to. Pure; knows no
// server.
#pragma once

#include <string>
#include <vector>

#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table_target.h"

namespace event_consumer {

struct TableDeduplication {
  bool deduplicates = false;
  std::string explanation;  // for people: if it does not, why not and what to do about it
  // The tables behind materialized views that would have the rows twice, where the server would
  // notice a repetition; quoted, or the view where its table may not be seen.
  std::vector<std::string> doubling = {};
};

TableDeduplication judge_deduplication(const ServerFacts& facts, const TableTarget& target);

}  // namespace event_consumer
