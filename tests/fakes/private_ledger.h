// A ledger of one worker, that nobody else sees.
#pragma once

#include <utility>

#include "worker/ledger/ledger_locks.h"
#include "worker/ledger/post_ledger.h"

namespace event_consumer::testing {

struct PrivateLedger {
  explicit PrivateLedger(TimePoint now) : ledger(memory, locks, 0, now) {}

  LedgerMemory memory = std::move(*LedgerMemory::without_sharing());
  FileLocks locks{memory.fd()};
  PostLedger ledger;
};

}  // namespace event_consumer::testing
