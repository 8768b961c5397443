// Fleet: the workers of one instance. It starts them, restarts those that die, replaces them one by
// one, adds and removes some, and ends those whose heartbeat stands still. When anything is to be
// done it says by deadline(); it never waits and asks no clock.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/event_loop.h"
#include "common/exit_code.h"
#include "supervisor/child_process.h"
#include "supervisor/oom_counter.h"
#include "supervisor/restart_policy.h"
#include "supervisor/rollout.h"
#include "supervisor/scoreboard_writer.h"
#include "supervisor/slot.h"
#include "supervisor/supervisor.h"
#include "supervisor/watchdog.h"

namespace event_consumer {

class Fleet {
 public:
  // `scoreboard_writer` must outlive the fleet. Nothing is started yet.
  Fleet(const SupervisorConfig& config, const sigset_t& signal_mask,
        ScoreboardWriter& scoreboard_writer, int ledger_fd, TimePoint now);

  // Starts what is due, ends what hangs, goes on with a replacement.
  void act(TimePoint now);
  std::optional<TimePoint> deadline() const;

  // The descriptors that tell of workers, and what to do when one of them is readable.
  std::vector<Awaited> awaited() const;
  void read_message(int fd, TimePoint now);

  // One of our children has ended. False when it was none of the workers. From then on end() may
  // have a status.
  bool ended(const EndedChild& child, TimePoint now);

  // The status with which the instance has to end, if it has to, and why: while no worker has
  // consumed, faults may end it.
  struct End {
    ExitCode status;
    std::string reason;
  };
  std::optional<End> end(TimePoint now) const;

  // Replaces all workers, one by one, by workers with the options of `config`, and changes their
  // number to its. A replacement under way, of a reload before this one, is given up. When a
  // replacement fails, those that remain go on as they are, and whatever is started later has the
  // options of before. It is the one that was counted last (SupervisorRecord::reloads).
  void reload(const SupervisorConfig& config, TimePoint now);
  bool reloading() const { return previous_.has_value(); }

  // What a worker that is started now is given: after a reload that failed, that of before.
  const std::vector<std::string>& worker_environment() const { return plan_.setup.environment; }

  // One worker more or one fewer, within 1 and kMostWorkers.
  void add_one(TimePoint now);
  void remove_one(TimePoint now);

  // While paused, workers take no deliveries; also those that are started meanwhile.
  void set_paused(bool is_paused, TimePoint now);

  // Asks all to stop and returns how many were asked. From then on none is started; only ended()
  // and the functions below are to be called.
  std::size_t stop();
  // Returns the names of those killed.
  std::vector<std::string> kill_the_rest();
  bool any_process() const;

  bool has_consumed() const { return start_watch_.has_consumed(); }
  std::size_t size() const { return static_cast<std::size_t>(plan_.workers); }

 private:
  struct Plan {
    WorkerSetup setup;
    int workers;  // without those that are leaving
  };

  const Slot& slot(int number) const { return slots_.at(static_cast<std::size_t>(number - 1)); }
  Slot& slot(int number) { return slots_.at(static_cast<std::size_t>(number - 1)); }
  void start(Slot& slot, ProcessState state, TimePoint now);
  void receive(Slot& slot, WorkerProcess& worker, TimePoint now);
  void consumes(Slot& slot, WorkerProcess& worker, TimePoint now);
  void ended(Slot& slot, WorkerProcess& worker, const Death& death, TimePoint now);
  DeathCause cause_of(const WorkerProcess& worker, const Death& death);
  void incumbent_died(Slot& slot, const Death& death, DeathCause cause,
                      std::optional<Duration> consumed_for, const std::string& words,
                      TimePoint now);
  void successor_failed(int slot, DeathCause cause, const std::string& reason, TimePoint now);
  void replace_next(TimePoint now);
  void abandon_replacement();
  std::optional<TimePoint> replacement_deadline() const;
  void resize(int workers, TimePoint now);
  // So many more, until the next reload, also when the one under way fails.
  void add(int workers, TimePoint now);

  ScoreboardWriter& scoreboard_writer_;
  Plan plan_;
  std::deque<Slot> slots_;  // number 1 is the first; those beyond the plan are closed
  Rollout rollout_;
  std::optional<Plan> previous_;  // of before the reload under way
  Watchdog watchdog_;
  StartWatch start_watch_;
  std::optional<End> end_;
  OomCounter oom_counter_;
};

}  // namespace event_consumer
