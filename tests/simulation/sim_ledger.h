// SimLedger: the ledger of one instance, and who of its workers has which part of it.
#pragma once

#include <map>
#include <utility>

#include "worker/ledger/ledger_locks.h"
#include "worker/ledger/ledger_memory.h"

namespace event_consumer::simulation {

struct SimLedger {
  LedgerMemory memory = std::move(*LedgerMemory::without_sharing());
  std::map<int, int> owners;  // worker by lock

  // Of the first row that nobody has.
  int free_row() const {
    int row = 0;
    while (owners.count(LedgerLocks::of_row(row)) > 0) ++row;
    return row;
  }
};

// Those of one worker; they go with it.
class SimLocks : public LedgerLocks {
 public:
  SimLocks(SimLedger& ledger, int worker) : owners_(ledger.owners), worker_(worker) {}
  ~SimLocks() override {
    for (auto at = owners_.begin(); at != owners_.end();)
      at = at->second == worker_ ? owners_.erase(at) : std::next(at);
  }

  bool try_lock(int number) override {
    return owners_.emplace(number, worker_).first->second == worker_;
  }
  void unlock(int number) override {
    if (const auto at = owners_.find(number); at != owners_.end() && at->second == worker_)
      owners_.erase(at);
  }
  bool is_held_by_others(int number) const override {
    const auto at = owners_.find(number);
    return at != owners_.end() && at->second != worker_;
  }

 private:
  std::map<int, int>& owners_;
  int worker_;
};

}  // namespace event_consumer::simulation
