// Faults: what goes wrong in a run, and what people do meanwhile, drawn at its beginning. Every
// fault ends by itself or is healed.
#pragma once

#include "tests/simulation/crew.h"
#include "tests/simulation/sim_broker.h"
#include "tests/simulation/sim_clickhouse.h"

namespace event_consumer::simulation {

class Faults {
 public:
  Faults(World& world, SimBroker& broker, SimClickHouse& clickhouse, Crew& crew)
      : world_(world), broker_(broker), clickhouse_(clickhouse), crew_(crew) {}

  // So many, before `end`. They come in clusters: two faults within one insert find more than two
  // alone.
  void plan(std::size_t count, TimePoint end);
  void heal();

  // Whether anything may be refused that is good, because the server says so of its rows.
  bool slanders() const { return slanders_; }

 private:
  void strike();
  void strike_link();
  void strike_broker();
  void strike_clickhouse();
  void strike_shard();
  void command();

  World& world_;
  SimBroker& broker_;
  SimClickHouse& clickhouse_;
  Crew& crew_;
  bool is_over_ = false;
  bool slanders_ = false;
  std::size_t turns_ = 0;  // of ClickHouse's faults: the latest ends
};

}  // namespace event_consumer::simulation
