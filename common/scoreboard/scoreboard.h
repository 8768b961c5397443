// Scoreboard: the shared memory of one instance. The supervisor makes it and writes its own record
// and those of the departed; each worker writes one row; the status server reads everything, and
// writes the history. There
// are no locks: each value has one writer at a time (Published).
//
// A slot has two rows, because a worker that is being replaced and its replacement live side by
// side for a while. A row belongs to the supervisor until it starts a process there, and again from
// when it has reaped it.
#pragma once

#include <array>
#include <cstdint>

#include "common/options.h"
#include "common/result.h"
#include "common/scoreboard/delivery_deaths.h"
#include "common/scoreboard/history_ring.h"
#include "common/scoreboard/published.h"
#include "common/scoreboard/supervisor_record.h"
#include "common/scoreboard/worker_record.h"
#include "common/shared_memory.h"

namespace event_consumer {

struct alignas(64) WorkerRow {
  Published<WorkerRecord> record;
  EncodingNow encoding;
};

struct SlotBoard {
  std::array<WorkerRow, 2> rows;
  Published<DepartedRecord> departed;
};

// Where a row is: what a worker is told about its place.
struct RowAddress {
  int slot;  // from 1
  int row;   // 0 or 1
};

class Scoreboard {
 public:
  // Makes an empty one; fd() is to be handed on.
  static Result<Scoreboard> create();

  // Opens the one behind `fd`, which is taken over. The Error, with kInternal, says that it was
  // made by another version of the program, and what to do.
  static Result<Scoreboard> attach(int fd);

  // One that nobody else sees.
  static Result<Scoreboard> without_sharing();

  int fd() const { return memory_.fd(); }

  Published<SupervisorRecord>& supervisor() const;
  Published<DeliveryDeaths>& delivery_deaths() const;
  Published<HistoryRing>& history() const;
  SlotBoard& slot(int number) const;  // from 1 to kMostWorkers
  WorkerRow& row(RowAddress address) const { return slot(address.slot).rows[address.row]; }

 private:
  struct Layout;
  explicit Scoreboard(SharedMemory memory) : memory_(std::move(memory)) {}
  Layout& layout() const;

  SharedMemory memory_;
};

// One slot as it is now: its living processes, newest last, and the counters of all processes it
// ever had, each counted once.
struct SlotView {
  std::array<WorkerRecord, 2> living;
  int living_count;
  WorkerCounters counters;
  std::uint64_t in_hand;  // of the living
  std::uint64_t restarts;
  std::uint64_t faults_in_a_row;
  // The latest of all its processes, also of one that died of it.
  BoundedText<256> last_error;
  MonotonicTime last_error_at;
  MonotonicTime last_error_over_at;
};
SlotView view_slot(const SlotBoard& slot);

}  // namespace event_consumer
