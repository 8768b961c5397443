// What a run has shown: a row for each class of faults, and whether it is as it must be.
#pragma once

#include <string>
#include <vector>

#include "tests/chaos/event_account.h"
#include "tests/chaos/footprint.h"

namespace event_consumer::testing {

struct RunResult {
  std::string queue;  // its kind
  std::string table;  // the same
  bool deduplicates = false;
  std::vector<Fault> faults;
  Account account;
  std::vector<std::string> hangs;     // what did not come to an end
  std::vector<Footprint> looks = {};  // from time to time

  Sums total() const;
};

struct ClassRow {
  FaultKind kind;
  std::size_t count = 0;
  std::size_t in_hand = 0;  // so many times a batch was
  Sums sums;
  double median_seconds = 0;
  double worst_seconds = 0;
};

// Of the classes that came, in the order of FaultKind; several runs are taken together.
std::vector<ClassRow> rows_of(const std::vector<RunResult>& runs);

// A line for each thing that must not be: a hang; an event that is lost or misjudged, or missing
// behind the view; and where the table deduplicates, one that is doubled, in it or behind the view,
// but by a fault of a class that is not covered; and in a long run, what
// has grown. Empty: the run has passed.
std::vector<std::string> findings_of(const RunResult& run);

}  // namespace event_consumer::testing
