// EventAccount: what has become of each published event, by its id, and which fault it is put down
// to. Only sums: what was seen is given to it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tests/chaos/fault_kinds.h"

namespace event_consumer::testing {

// How often there is something of each id, up to 255. Those beyond the end are 0.
using Counts = std::vector<std::uint8_t>;

// One more of this id.
void count_one(Counts& counts, std::uint64_t id);

// What was in a table when it was dropped, or may have been in a queue when that was deleted: what
// was published by then and was not in the table.
struct Taken {
  std::uint64_t first_id = 0;
  Counts counts;  // from there on

  std::uint8_t count_of(std::uint64_t id) const {
    return id >= first_id && id - first_id < counts.size() ? counts[id - first_id] : 0;
  }
};

// A fault that was carried out. Whatever was in hand then, or published until the next one began,
// has ids from `first_id` on.
struct Fault {
  FaultKind kind;
  std::uint64_t first_id = 0;
  bool in_hand = false;  // a batch was, when it struck
  double seconds = 0;    // until an event was stored that was published after it
  Taken taken = {};
};

// What was published, and what was found at the end. Ids are counted from 0.
struct Observed {
  std::uint64_t published = 0;
  std::vector<std::uint64_t> confirmed;  // ids, by the broker
  std::function<bool(std::uint64_t id)> is_bad;
  Counts stored;
  bool has_view = false;
  Counts in_view;
  Counts dead_lettered;
};

struct Sums {
  std::uint64_t published = 0;
  std::uint64_t confirmed = 0;
  std::uint64_t stored = 0;         // events, at least once
  std::uint64_t dead_lettered = 0;  // the same
  std::uint64_t taken = 0;          // confirmed, and neither, and a fault has taken it
  std::uint64_t lost = 0;           // confirmed, and nothing of all this
  std::uint64_t doubled = 0;        // stored more than once, be it where it was taken
  std::uint64_t view_lost = 0;      // stored, and not in the table behind the view
  std::uint64_t view_doubled = 0;
  std::uint64_t letters_doubled = 0;
  // A good one that is dead-lettered, or a bad one that is stored.
  std::uint64_t misjudged = 0;

  Sums& operator+=(const Sums& other);
};

struct Account {
  Sums before;               // the first fault
  std::vector<Sums> faults;  // in the order of the faults
};

// Puts each event down to the last fault whose first id is not above its own, and what is taken to
// the fault that took it last.
Account account_for(const Observed& observed, const std::vector<Fault>& faults);

}  // namespace event_consumer::testing
