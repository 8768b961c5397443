// ScoreboardWriter: the supervisor's side of the scoreboard. It prepares the row of each new worker
// process, books the counters of each dead one to its slot, and keeps the deliveries that workers
// died over.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "common/clock.h"
#include "common/scoreboard/scoreboard.h"

namespace event_consumer {

class ScoreboardWriter {
 public:
  explicit ScoreboardWriter(Scoreboard board);

  const Scoreboard& board() const { return board_; }

  // Makes the row ready for a process that is about to be started there. It inherits the last error
  // of its slot, so that one that dies at once, again and again, does not take its reason with it.
  // `generation` is that of its options.
  void prepare(RowAddress address, std::uint64_t generation, TimePoint now);

  // Books the process of the row, which is gone: its counters to the slot, what it had in hand to
  // `returned`. Unless it ended as it should, a death is counted to the delivery that it was
  // encoding; then returns how many workers have died over that one.
  std::optional<std::uint64_t> close(RowAddress address, bool ended_well, TimePoint now);

  // One more process was started in the slot because one before it died.
  void count_restart(int slot);

  // A worker that was not asked to stop has died, one of so many in a row.
  void count_death(int slot, DeathCause cause, int faults_in_a_row);

  // When the process of the row has shown its last sign of life.
  TimePoint heartbeat(RowAddress address) const;

  // The supervisor's own record. publish() makes it visible, with the heartbeat. It is to be called
  // now and then, as it also forgets deaths over deliveries that were long ago.
  SupervisorRecord& record() { return record_; }
  void publish(TimePoint now);

 private:
  Scoreboard board_;
  SupervisorRecord record_{};
  DeliveryDeaths delivery_deaths_{};
  std::map<int, DepartedRecord> departed_;  // by slot
  std::uint64_t lives_ = 0;
};

}  // namespace event_consumer
