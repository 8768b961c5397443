// Fleet: the workers of one instance. It starts them, restarts those that die, replaces them one by
// one, adds and removes some, and ends those whose heartbeat stands still. When anything is to be
// done it says by deadline(); it never waits.
#pragma once

#include <functional>
#include <list>
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
#include "supervisor/supervisor.h"
#include "supervisor/worker_process.h"

namespace event_consumer {

class Fleet {
 public:
  // `accounts` must outlive the fleet. Nothing is started yet.
  Fleet(const SupervisorConfig& config, const sigset_t& signal_mask, ScoreboardWriter& accounts);

  // Starts what is due, ends what hangs, goes on with a replacement.
  void act(TimePoint now);
  std::optional<TimePoint> deadline() const;

  // The descriptors that tell of workers, and what to do when one of them is readable.
  std::vector<Awaited> awaited() const;
  void read_message(int fd, TimePoint now);

  // One of our children has ended. False when it was none of the workers. From then on
  // end_status() may hold.
  bool ended(const EndedChild& child, TimePoint now);

  // The status with which the instance has to end, if it has to, and why: while no worker has
  // consumed, faults may end it.
  struct End {
    ExitCode status;
    std::string reason;
  };
  std::optional<End> end(TimePoint now) const;

  // Replaces all workers by such of `config`, and has as many as it says. When a replacement fails
  // the rest go on as they are, and what is started later is as before too.
  void reload(const SupervisorConfig& config, TimePoint now);
  bool reloading() const { return previous_.has_value(); }

  // One worker more or one fewer, within 1 and kMostWorkers.
  void add_one(TimePoint now);
  void remove_one();

  // Workers take no deliveries until resume(), also those that are started meanwhile.
  void pause();
  void resume();

  // Asks all to stop: from then on none is started. Returns how many were asked.
  std::size_t stop();
  // Returns the names of those killed.
  std::vector<std::string> kill_the_rest();
  bool any_process() const;

  bool has_consumed() const { return start_watch_.has_consumed(); }
  std::size_t size() const { return static_cast<std::size_t>(plan_.workers); }

 private:
  // What processes are started with and held to, and how many they are to be.
  struct Plan {
    WorkerProgram program;
    Duration start_timeout;
    Duration worker_timeout;
    int workers;
  };

  void start(WorkerProcess& worker, int row, TimePoint now);
  void died(WorkerProcess& worker, const Death& death, const std::string& what, TimePoint now);
  void note_suspect(const WorkerProcess& worker, bool ended_well);
  void replacement_failed(const Death& death, const std::string& what, TimePoint now);
  void return_to(const Plan& plan, TimePoint now);
  void received(WorkerProcess& worker, WorkerMessage message, TimePoint now);
  void watch(TimePoint now);
  void look_at(WorkerProcess& worker, TimePoint now);
  TimePoint hangs_at(const WorkerProcess& worker) const;
  void roll(TimePoint now);
  std::optional<TimePoint> roll_deadline() const;
  void start_replacement(int slot, TimePoint now);
  void promote(TimePoint now);
  void resize(int workers, TimePoint now);
  void let_go(WorkerProcess& worker);
  void forget_stopped();
  DeathCause cause_of(const WorkerProcess& worker, const Death& death);
  WorkerProcess* regular(int slot);
  // The row of the slot in which no process is. Nothing while a worker and its predecessor, or two
  // predecessors, live there.
  std::optional<int> free_row(int slot) const;

  ScoreboardWriter& scoreboard_writer_;
  Plan plan_;  // its workers without those that are leaving
  bool stopping_ = false;

  std::list<WorkerProcess> workers_;  // those that are to stay, and those that are leaving
  // The one that takes over a slot when it consumes; it is none of workers_ until then.
  std::optional<WorkerProcess> replacement_;
  Rollout rollout_;
  std::optional<Plan> previous_;  // of before the reload under way
  // Since when this process has looked at its workers regularly.
  TimePoint watched_since_;
  TimePoint looked_at_;
  StartWatch start_watch_;
  std::optional<End> end_;
  OomCounter oom_counter_;
};

}  // namespace event_consumer
