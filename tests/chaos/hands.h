// Hands: what the workers of an instance have in hand at a moment, as its status says.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace event_consumer::testing {

struct Hands {
  pid_t worker;
  std::uint64_t unacknowledged;
  std::uint64_t batch_rows;  // being filled
  bool inserts;              // a batch is posted
  double oldest_seconds;     // since the oldest of them was taken; 0: there is none

  // A batch, filled in part or posted.
  bool hold_batch() const { return unacknowledged > 0 && (batch_rows > 0 || inserts); }
};

// Of each worker process; empty when nobody answers at 127.0.0.1:`status_port`.
std::vector<Hands> look_at_hands(int status_port);

// How old the event was that each worker took last, by its timestamp, in seconds; of those that
// took one within a minute.
std::vector<double> event_lags(int status_port);

}  // namespace event_consumer::testing
