// SimWorker: one worker process, from its start to its end, on a fiber: the real code from
// WorkerLoop down, between simulated neighbours. It runs until it waits; whoever drives it resumes
// it when what it waits for is there, and asserts after each step what can be seen from outside.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "common/event_loop.h"
#include "tests/simulation/fiber.h"
#include "tests/simulation/sim_inserter.h"
#include "tests/simulation/sim_ledger.h"
#include "tests/simulation/sim_source.h"
#include "tests/simulation/standstill.h"
#include "worker/loop/worker_loop.h"

namespace event_consumer::simulation {

struct WorkerLimits {
  BatchLimits batch;
  std::chrono::seconds table_check_interval;
  Consumer::Timeouts timeouts;
  bool has_dead_letters;
  std::size_t largest_event;
};

class SimWorker : public EventLoop {
 public:
  SimWorker(World& world, Ledger& ledger, SimBroker& broker, SimClickHouse& clickhouse,
            SimLedger& posts, const WorkerLimits& limits, int number, bool is_paused);
  ~SimWorker() override;

  int number() const { return seat_.worker; }

  // People. A kill comes at the `steps`th step from now, a call of a neighbour or a wait.
  void signal(int number);
  void kill(std::size_t steps) { steps_to_live_ = steps; }
  bool is_stopping() const { return stop_at_.has_value(); }
  // Does that at each step of the worker, from within it. So it may be killed there, or stand still
  // for a while.
  void at_each_step(std::function<void()> action) { at_step_ = std::move(action); }
  void stand_still(Duration duration) { sleep(duration); }
  std::uint64_t acts() const { return book_.acts_so_far(); }

  // When resume() is due; never when it is over.
  std::optional<TimePoint> wake_at() const;
  void resume();
  bool is_over() const { return fiber_.is_over(); }

  TimePoint now() override { return seat_.world.now(); }
  Result<Events> wait(const std::vector<Awaited>& awaited,
                      std::optional<TimePoint> deadline) override;

 private:
  struct Killed {};
  class Locks;

  void live();
  void run();
  Result<BrokerLink::Connections> connect();
  void sleep(Duration duration);
  void pause_fiber();
  void step();
  void look_around();
  void show_others();
  void check();
  void check_wait();
  void check_standstill();
  std::optional<TimePoint> ready_at(int fd) const;

  SimClickHouse& clickhouse_;
  SimLedger& posts_;
  WorkerLimits limits_;
  WorkerBook book_;
  std::deque<TimePoint> connects_;  // the latest
  Seat seat_;
  Standstill standstill_{seat_};
  bool is_paused_;  // the instance, when it starts

  // On the stack of the fiber, once the loop runs.
  BrokerLink* link_ = nullptr;
  SimInserter* inserter_ = nullptr;
  WorkerStatus* status_ = nullptr;

  std::vector<Awaited> awaited_;
  std::optional<TimePoint> deadline_;
  std::vector<Signal> signals_;
  std::function<void()> at_step_;
  bool looks_around_ = false;
  std::uint64_t turn_ = 1;  // between two waits
  std::optional<std::size_t> steps_to_live_;
  std::optional<TimePoint> stop_at_;  // asked to stop then
  TimePoint waited_at_{};             // the latest wait() …
  std::size_t waits_ = 0;             // … and how many at that time
  Fiber fiber_;
};

}  // namespace event_consumer::simulation
