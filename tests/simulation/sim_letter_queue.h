// SimLetterQueue: the dead-letter queue of the simulated broker, and the lines to it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "tests/simulation/sim_channel.h"
#include "tests/simulation/world.h"

namespace event_consumer::simulation {

class SimLetterQueue {
 public:
  SimLetterQueue(World& world, Ledger& ledger) : world_(world), ledger_(ledger) {}

  // The worker's side.
  std::shared_ptr<LetterLine> open();
  void send(LetterLine& line, EventId event);

  // Faults. The first takes the `number`th line, modulo; the second is a restart of the broker.
  void cut(std::size_t number);
  void cut_all();
  void block(bool blocked) { blocks_ = blocked; }
  void refuse(bool refused) { refuses_ = refused; }

  // When it has something to do by itself; and does what is due, unless the broker is away.
  std::optional<TimePoint> next_at() const;
  void work(bool is_up);

  bool blocks() const { return blocks_; }
  // Whether no letter is on its way.
  bool is_empty() const;

 private:
  void take(LetterLine& line);
  Duration latency() {
    return world_.between(std::chrono::microseconds(50), std::chrono::milliseconds(4));
  }

  World& world_;
  Ledger& ledger_;
  std::vector<std::shared_ptr<LetterLine>> lines_;
  bool blocks_ = false;
  bool refuses_ = false;
};

}  // namespace event_consumer::simulation
