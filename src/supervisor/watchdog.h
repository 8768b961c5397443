// Watchdog: ends workers that hang, that is, whose heartbeat on the scoreboard stands still: first
// by SIGABRT, which leaves a core file behind, then by SIGKILL.
#pragma once

#include <optional>

#include "common/clock.h"
#include "supervisor/scoreboard_writer.h"
#include "supervisor/worker_process.h"

namespace event_consumer {

class Watchdog {
 public:
  // `scoreboard_writer` must outlive it.
  Watchdog(const ScoreboardWriter& scoreboard_writer, TimePoint now)
      : scoreboard_writer_(scoreboard_writer), watched_since_(now), looked_at_(now) {}

  // To be called at each turn of the loop before the workers are checked: when there was none for
  // long, this process stood still itself, and the workers get their time anew.
  void begin_turn(TimePoint now);

  // Ends the worker when that is due.
  void check(WorkerProcess& worker, const WorkerSetup& setup, TimePoint now) const;

  // When it is due; nothing when nothing is left to be done.
  std::optional<TimePoint> deadline(const WorkerProcess& worker, const WorkerSetup& setup) const;

 private:
  const ScoreboardWriter& scoreboard_writer_;
  TimePoint watched_since_;  // regularly
  TimePoint looked_at_;
};

}  // namespace event_consumer
