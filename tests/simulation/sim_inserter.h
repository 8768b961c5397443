// SimInserter: a worker's connection to the simulated ClickHouse, and what holds of its posts.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/sim_clickhouse.h"
#include "tests/simulation/sim_ledger.h"

namespace event_consumer::simulation {

class SimInserter : public Inserter {
 public:
  SimInserter(const Seat& seat, SimClickHouse& server, SimLedger& posts, int known)
      : seat_(seat), server_(server), posts_(posts), known_(std::make_shared<int>(known)) {
    seat_.book.set_misnamed(server_.is_misnamed(known));
    seat_.book.knows_columns(seat_.world.now());
  }

  void start(const Batch& batch) override;
  void start_table_check(bool is_settled) override;
  std::optional<Outcome> take_outcome() override;
  int fd() const override { return kInserterFd; }

  std::optional<TimePoint> ready_at() const { return slot_->ready_at; }
  bool is_under_way() const { return is_under_way_; }

 private:
  // Outlives the worker, for answers that come too late.
  struct Slot {
    std::optional<Outcome> outcome;
    std::optional<TimePoint> ready_at;
  };
  void begin();
  void has_looked(TableOutcome::Kind kind);
  void hears(const InsertOutcome& insert);
  void note_messages(const std::vector<EventId>& posted);
  void note_token();
  void note_refusals(const InsertOutcome& insert);
  void note_doubled(WorkerBook::Entry& message);
  void note_unwritten();

  Seat seat_;
  SimClickHouse& server_;
  SimLedger& posts_;
  std::shared_ptr<int> known_;
  std::shared_ptr<Slot> slot_ = std::make_shared<Slot>();
  int host_ = 0;
  const Batch* batch_ = nullptr;  // under way
  TimePoint posted_at_{};         // then
  std::string token_;             // of it, and its bytes: they must not change
  std::string bytes_;
  WorkerBook::Post post_;
  std::set<std::string> unwritten_;  // tokens for which the ledger had no room
  bool is_under_way_ = false;
  bool has_just_looked_ = false;
};

}  // namespace event_consumer::simulation
