// The table of what came of each fault: on standard output, and in the file faults.txt of the
// directory of the build.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace event_consumer::testing {

struct FaultRow {
  std::string fault;
  std::string queue;  // its kind
  std::uint64_t events = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t dead_lettered = 0;
  double seconds = 0;                 // until an event was stored that was published after it
  std::vector<std::string> log = {};  // each warning and error once, in the order of the first one
};

// Writes the row at once, so that a run that is ended has those of before. The first one of a
// process begins a new table. Throws std::runtime_error when the file cannot be written.
void add_to_fault_table(const FaultRow& row);

}  // namespace event_consumer::testing
