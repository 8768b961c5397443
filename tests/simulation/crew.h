// Crew: the workers of one instance and the people who command them. In the place of the supervisor
// it starts a worker for each that has ended.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tests/simulation/sim_worker.h"

namespace event_consumer::simulation {

class Crew {
 public:
  Crew(World& world, Ledger& ledger, SimBroker& broker, SimClickHouse& clickhouse,
       const WorkerLimits& limits, std::size_t size);

  // People. One is any.
  void stop_one();
  void kill_one();
  void pause(bool paused);
  void scale(std::size_t size);
  // Each worker is replaced; its successor starts before it has ended.
  void reload();
  std::size_t size() const { return size_; }
  // Stops all for good.
  void stop() { scale(0); }

  // When a worker has something to do; and lets all go on whose time has come.
  std::optional<TimePoint> next_at() const;
  void turn();

  bool is_empty() const { return workers_.empty(); }

 private:
  std::size_t serving() const;
  void start_missing();
  SimWorker* any();

  World& world_;
  Ledger& ledger_;
  SimBroker& broker_;
  SimClickHouse& clickhouse_;
  WorkerLimits limits_;
  std::size_t size_;
  SimLedger posts_;
  std::vector<std::unique_ptr<SimWorker>> workers_;
  std::size_t starting_ = 0;
  int started_ = 0;
  bool is_paused_ = false;
};

}  // namespace event_consumer::simulation
