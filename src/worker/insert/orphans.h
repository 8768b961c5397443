// Orphans: batches that may be stored, and whose messages are gone: with their link, with the
// worker that took them, or as they were given back. Each is posted until its outcome is known, for
// the ledger's sake: a message that has come back waits for that.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "worker/batch/batch_queue.h"
#include "worker/insert/insert_stats.h"
#include "worker/insert/inserter.h"
#include "worker/ledger/post_ledger.h"

namespace event_consumer {

class Orphans {
 public:
  // `ledger` must outlive it.
  explicit Orphans(PostLedger& ledger) : ledger_(ledger) {}

  // The messages of these batches are gone. Only what is written down has an outcome that anybody
  // waits for; the others are dropped.
  void add(std::vector<BatchPtr> batches);
  // A batch of a worker that is dead.
  void adopt(BatchPtr orphan) { orphans_.push_back(std::move(orphan)); }

  bool empty() const { return orphans_.empty(); }
  // The one to be posted next; only when there is one.
  const Batch& front() const { return *orphans_.front(); }
  BatchPtr take_front();

  // What became of the post of an orphan that was taken. Whether it is kept, as the front: its
  // outcome may be known by the next post. `stats` hear of rows that may be stored twice.
  bool answered(BatchPtr orphan, const InsertOutcome& outcome, InsertStats& stats);
  // Those of the table. A server that does not compare types may misread the bytes: they go.
  void columns_changed(InsertStats& stats);

  // Bytes of their rows.
  std::size_t held_bytes() const { return held_bytes_of(orphans_); }

 private:
  void give_up(const Batch& orphan, InsertStats& stats);

  PostLedger& ledger_;
  std::deque<BatchPtr> orphans_;
};

}  // namespace event_consumer
