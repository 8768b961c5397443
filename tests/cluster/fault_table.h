// FaultTable: what came of each fault, in one table at the end of the run: on standard output, and
// in the file faults.txt of the directory of the build.
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

class FaultTable {
 public:
  ~FaultTable();
  void add(const FaultRow& row);

 private:
  std::vector<FaultRow> rows_;
};

// The one of this run.
FaultTable& fault_table();

}  // namespace event_consumer::testing
