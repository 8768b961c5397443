// The small world: two workers, three events and one fault, between the same simulated servers as
// the runs that are drawn from seeds. What is left open in it is chosen, so that whoever goes
// through all choices has seen all that can happen.
#pragma once

#include <cstddef>
#include <string>

#include "tests/simulation/choices.h"

namespace event_consumer::simulation {

struct SmallWorld {
  std::size_t batch_rows = 1;
  bool has_twins = false;  // the first and the last event are equal in everything
  bool was_idle = false;   // for longer than the ledger remembers, before the first event
};

struct SmallReport {
  std::string failure;      // the first promise that was broken; empty when none was
  std::string story;        // what happened before
  bool was_struck = false;  // by a fault
  bool is_doubled = false;  // a twin
};

// One run. With `tells`, what happens is written to standard error meanwhile.
SmallReport run(const SmallWorld& kind, Choices& choices, bool tells = false);

}  // namespace event_consumer::simulation
