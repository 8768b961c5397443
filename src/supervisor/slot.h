// Slot: the place of one worker of the instance. In it is an incumbent, which is to stay, or the
// next incumbent is due; beside it at most one successor, which takes over when it consumes; and
// processes that were asked to stop. All in all two processes at most, because a slot has two rows
// on the scoreboard. It starts nothing and decides nothing about a death: the fleet does.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>

#include "common/clock.h"
#include "supervisor/restart_policy.h"
#include "supervisor/worker_process.h"

namespace event_consumer {

class Slot {
 public:
  // `number` is what the worker is called by in the log, from 1. It is closed until open().
  explicit Slot(int number) : number_(number) {}

  int number() const { return number_; }

  // The processes by their rows.
  using Rows = std::array<std::optional<WorkerProcess>, 2>;
  const Rows& rows() const { return rows_; }
  Rows& rows() { return rows_; }

  // Null when there is none.
  WorkerProcess* incumbent();
  WorkerProcess* successor();
  const WorkerProcess* successor() const { return const_cast<Slot*>(this)->successor(); }

  // The row in which no process is, if one is free.
  std::optional<int> free_row() const;

  // Wants an incumbent from now on: the first is due at once, and earlier deaths do not count.
  void open(TimePoint now);
  // Wants none any more: asks the incumbent to stop. A successor is asked when it consumes.
  void close();
  bool is_open() const { return due_ || const_cast<Slot*>(this)->incumbent() != nullptr; }

  // When the next incumbent is to be started; nothing while there is one, or no row for it.
  std::optional<TimePoint> start_at() const;
  // Whether the incumbent that is due follows one that died.
  bool start_is_restart() const { return due_ && due_->is_restart; }

  // Takes in a process that was started on its free row, and hands out one that has ended.
  void add(WorkerProcess process);
  WorkerProcess remove(const WorkerProcess& process);

  // The incumbent has died or could not be started. Returns how long the next one has to wait.
  Duration incumbent_died(Blame blame, std::optional<Duration> consumed_for,
                          bool instance_has_consumed, TimePoint now);
  // The successor consumes: it becomes the incumbent, and its predecessor is asked to stop.
  void promote_successor(TimePoint now);

  const RestartPolicy& restarts() const { return restarts_; }
  // Whether the incumbent that died last had consumed.
  bool last_had_consumed() const { return last_had_consumed_; }

 private:
  struct Due {
    TimePoint at;
    bool is_restart;
  };

  WorkerProcess* find_in(std::initializer_list<ProcessState> states);

  int number_;
  Rows rows_;
  std::optional<Due> due_;  // the next incumbent; only while there is none
  RestartPolicy restarts_;
  bool last_had_consumed_ = false;
};

// Calls `visit` with each process in `slots`, a container of Slots.
template <typename Slots, typename Visit>
void for_each_process(Slots& slots, const Visit& visit) {
  for (auto& slot : slots)
    for (auto& process : slot.rows())
      if (process) visit(*process);
}

}  // namespace event_consumer
