// SimLedger: the ledger of one instance, and who of its workers has which part of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "worker/ledger/ledger_locks.h"
#include "worker/ledger/ledger_memory.h"

namespace event_consumer::simulation {

struct SimLedger {
  LedgerMemory memory = std::move(*LedgerMemory::without_sharing());
  std::map<int, int> owners;  // worker by lock

  // Of all that stands in it.
  std::uint64_t digest() {
    std::uint64_t digest = memory.wanted_at();
    const auto add = [&digest](std::uint64_t part) {
      digest = (digest ^ part) * 0x100000001b3;  // FNV
    };
    for (int i = 0; i < memory.rows_used(); ++i) {
      const LedgerRow& row = memory.row(i);
      for (const std::uint64_t part : {row.proven_at.load(), row.orphaned_below.load(),
                                       row.last_post.load(), row.tail.load(), row.head.load()})
        add(part);
      for (const PostRecord& record : row.records) add(record.post);
      for (std::uint64_t at = row.tail; at < row.head; ++at) add(memory.entry(i, at).post);
    }
    return digest;
  }

  // Whether there is no record of this post, and may be none: all of a worker's are taken.
  bool has_no_room_for(const std::string& token) {
    bool is_any_full = false;
    for (int i = 0; i < memory.rows_used(); ++i) {
      bool is_full = true;
      for (const PostRecord& record : memory.row(i).records) {
        if (record.post != 0 && token == record.token) return false;
        is_full = is_full && record.post != 0;
      }
      is_any_full = is_any_full || is_full;
    }
    return is_any_full;
  }

  // Of the first row that nobody has.
  int free_row() const {
    int row = 0;
    while (owners.count(LedgerLocks::of_row(row)) > 0) ++row;
    return row;
  }
};

}  // namespace event_consumer::simulation
