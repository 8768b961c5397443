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

}  // namespace event_consumer::simulation
