// A scoreboard that nobody else sees, filled in as a supervisor and its workers would.
#pragma once

#include "common/scoreboard/scoreboard.h"

namespace event_consumer {

class BoardRig {
 public:
  // An instance that is running, alive at `now`, with `slots` slots without a process.
  BoardRig(TimePoint now, int slots) : board(std::move(*Scoreboard::without_sharing())), now_(now) {
    supervisor.pid = 4711;
    supervisor.started_at_unix_seconds = 1'700'000'000;
    supervisor.heartbeat_at = to_monotonic_time(now);
    supervisor.state = InstanceState::kRunning;
    supervisor.workers = supervisor.slots = static_cast<std::uint64_t>(slots);
    publish();
  }

  void publish() { board.supervisor().publish(supervisor); }

  // A process that consumes, after `change` has been made to its record.
  template <typename Change>
  void worker(RowAddress address, Change change) {
    WorkerRecord record{};
    record.pid = 100 + address.slot + address.row;
    record.life = static_cast<std::uint64_t>(address.slot + address.row);
    record.heartbeat_at = record.state_since = to_monotonic_time(now_);
    record.state = WorkerState::kConsuming;
    change(record);
    board.row(address).record.publish(record);
  }
  // The same in the slot's first row.
  template <typename Change>
  void worker(int slot, Change change) {
    worker(RowAddress{slot, 0}, change);
  }
  void worker(int slot) {
    worker(slot, [](WorkerRecord&) {});
  }

  Scoreboard board;
  SupervisorRecord supervisor{};

 private:
  TimePoint now_;
};

}  // namespace event_consumer
