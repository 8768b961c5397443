// Locks on the ledger for several workers of one process, as if each were a process of its own.
// They go with the object.
#pragma once

#include <iterator>
#include <map>

#include "worker/ledger/ledger_locks.h"

namespace event_consumer::testing {

class SharedLocks : public LedgerLocks {
 public:
  SharedLocks(std::map<int, int>& owners, int worker) : owners_(owners), worker_(worker) {}
  ~SharedLocks() override {
    for (auto at = owners_.begin(); at != owners_.end();)
      at = at->second == worker_ ? owners_.erase(at) : std::next(at);
  }

  bool try_lock(int number) override {
    return owners_.emplace(number, worker_).first->second == worker_;
  }
  void unlock(int number) override {
    const auto at = owners_.find(number);
    if (at != owners_.end() && at->second == worker_) owners_.erase(at);
  }
  bool is_held_by_others(int number) const override {
    const auto at = owners_.find(number);
    return at != owners_.end() && at->second != worker_;
  }

 private:
  std::map<int, int>& owners_;
  int worker_;
};

}  // namespace event_consumer::testing
