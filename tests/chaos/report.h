// How the chaos run says what came of it: as a table for people, and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/chaos/chaos_verdict.h"

namespace event_consumer::testing {

struct ChaosReport {
  std::uint64_t seed = 0;
  double seconds = 0;
  std::vector<RunResult> runs;

  // Of all runs.
  std::vector<std::string> findings() const;
};

// A table for each kind of table, the totals of each run, and the findings.
std::string as_text(const ChaosReport& report);
std::string as_json(const ChaosReport& report);

}  // namespace event_consumer::testing
