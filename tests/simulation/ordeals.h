// Ordeals: faults, people and events in an order that leads to a state which they hardly ever reach
// when each comes by itself. Whether a run has one, when, and all that is open in it is drawn.
#pragma once

#include <functional>

#include "tests/simulation/crew.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/sim_broker.h"
#include "tests/simulation/sim_clickhouse.h"

namespace event_consumer::simulation {

class Ordeals {
 public:
  // `publish` publishes an event of that kind, or a good one where there are enough of the others.
  Ordeals(World& world, SimBroker& broker, SimClickHouse& clickhouse, Crew& crew,
          std::function<void(EventKind)> publish)
      : world_(world),
        broker_(broker),
        clickhouse_(clickhouse),
        crew_(crew),
        publish_(std::move(publish)) {}

  // Some, or none, that begin before `end`.
  void plan(TimePoint end);
  // Nothing more goes wrong.
  void heal() { is_over_ = true; }

 private:
  // Misfits stay in hand beside events that have to go, for their queue would drop them next.
  void try_last_deliveries();
  // A stop while all kinds of things are in hand about which nobody has decided.
  void try_stop();

  void refuse_inserts(Duration duration);
  void publish_mixed(std::size_t one_good_in);
  void then(Duration delay, std::function<void()> action);
  Duration shortly() {
    return world_.between(std::chrono::milliseconds(1), std::chrono::seconds(8));
  }

  World& world_;
  SimBroker& broker_;
  SimClickHouse& clickhouse_;
  Crew& crew_;
  std::function<void(EventKind)> publish_;
  bool is_over_ = false;
};

}  // namespace event_consumer::simulation
