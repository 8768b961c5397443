// The batches of a worker: the one being filled, and the sealed ones before it that wait for their
// insert. Age, a full window and a stop only make a batch due: it is sealed when the inserter needs
// one, so that rows that wait are joined. A full batch is sealed at once. Posts nothing. All of the
// batches are of the present link.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "common/scoreboard/worker_record.h"
#include "worker/batch/batch.h"

namespace event_consumer {

struct BatchLimits {
  std::size_t rows;
  std::size_t bytes;
  std::chrono::milliseconds delay;  // age of the oldest row
};

// Batches change their place, and never move in memory.
using BatchPtr = std::unique_ptr<Batch>;

// Bytes of the rows of these batches.
template <typename Batches>
std::size_t held_bytes_of(const Batches& batches) {
  std::size_t bytes = 0;
  for (const BatchPtr& batch : batches) bytes += batch->held_bytes();
  return bytes;
}

// Whether of none of them any row may be stored.
template <typename Batches>
bool are_settled(const Batches& batches) {
  return std::all_of(batches.begin(), batches.end(),
                     [](const BatchPtr& batch) { return batch->is_settled(); });
}

class BatchQueue {
 public:
  explicit BatchQueue(const BatchLimits& limits) : limits_(limits), filling_(make_batch()) {}

  // Where the encoder appends the next rows; added() makes them count.
  RowBuffer& buffer() { return filling_->buffer(); }

  // Counts what was just appended as the rows of `message`, taken at `now`, in these groups, and
  // seals a batch when they fill it. A message of more rows than a batch may have is one alone.
  void added(DeliveryId message, const std::vector<RowGroup>& groups, TimePoint now);

  // The batch being filled is due, for this reason.
  void make_due(FlushReason why);

  // Where no sealed batch waits, seals one that is due: whoever asks can post it.
  void seal_due(TimePoint now);

  // Whether a sealed batch waits.
  bool has_sealed() const { return !sealed_.empty(); }
  // The oldest sealed batch; only when there is one.
  const Batch& front() const { return *sealed_.front(); }
  BatchPtr take_front();

  // Takes all batches out, sealed.
  std::vector<BatchPtr> take_all();

  // Puts sealed batches before or behind those that are there, in their order.
  void put_first(std::vector<BatchPtr> batches);
  void put_first(BatchPtr batch);
  // Puts it behind the oldest, if there is one.
  void put_second(BatchPtr batch);
  void put_last(std::vector<BatchPtr> batches);

  // Takes one that is done with, so that its memory is used again.
  void recycle(BatchPtr batch);

  // Drops the batch being filled, and returns those that are sealed.
  std::vector<BatchPtr> drop_all();

  // When the next batch is due, if nothing is added before; the past when one is.
  std::optional<TimePoint> deadline() const;

  // Whether of no batch any row may be stored.
  bool is_settled() const { return are_settled(sealed_); }

  // Bytes of rows, over all batches.
  std::size_t held_bytes() const { return sealed_bytes_ + filling_->held_bytes(); }
  bool empty() const { return sealed_.empty() && filling_->empty(); }

  std::size_t filling_rows() const { return filling_->all_rows(); }
  // How often a batch was sealed for which reason.
  const auto& flushes() const { return flushes_; }

 private:
  BatchPtr make_batch();
  void seal(FlushReason why);

  BatchLimits limits_;
  std::vector<BatchPtr> spare_;  // emptied ones
  BatchPtr filling_;
  std::optional<FlushReason> due_;  // the one being filled is, for another reason than its age
  std::deque<BatchPtr> sealed_;
  std::size_t sealed_bytes_ = 0;  // asked for with each delivery
  std::array<std::uint64_t, kFlushReasonWords.size()> flushes_{};
};

}  // namespace event_consumer
