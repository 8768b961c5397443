// LedgerLocks: who has which part of the ledger. A process has a lock until it lets go or is gone,
// however it ended: the kernel says so, and no clock.
#pragma once

#include "worker/ledger/ledger_memory.h"

namespace event_consumer {

class LedgerLocks {
 public:
  virtual ~LedgerLocks() = default;

  // Whether this process has it now.
  virtual bool try_lock(int number) = 0;
  virtual void unlock(int number) = 0;
  virtual bool is_held_by_others(int number) const = 0;

  // The numbers: of the row itself, and of each of its records.
  static int of_row(int row) { return row * (LedgerRow::kRecords + 1); }
  static int of_record(int row, int record) { return of_row(row) + 1 + record; }
};

// Locks of the process on the bytes of a file (fcntl(2), F_SETLK). The kernel drops them when any
// descriptor of the file is closed: there must be no other than `fd`, which must outlive this.
class FileLocks : public LedgerLocks {
 public:
  explicit FileLocks(int fd) : fd_(fd) {}

  bool try_lock(int number) override;
  void unlock(int number) override;
  bool is_held_by_others(int number) const override;

 private:
  int fd_;
};

}  // namespace event_consumer
