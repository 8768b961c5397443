// The batches of a worker in their order: one being filled, and the sealed ones before it that wait
// for their insert. It decides when a batch is full; it posts nothing. All of them are of the
// present link.
#pragma once

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

class BatchQueue {
 public:
  // `format` says what the rows are that will be appended.
  BatchQueue(const BatchLimits& limits, std::shared_ptr<const InsertFormat> format)
      : limits_(limits), format_(std::move(format)), filling_(std::make_unique<Batch>()) {}

  // Where the encoder appends the next rows; added() makes them count.
  RowBuffer& buffer() { return filling_->buffer(); }

  // Counts what was just appended as the `rows` rows of `message`, taken at `now`, and seals the
  // batch when they fill it. Rows of another format than those before them go into a batch of their
  // own.
  void added(DeliveryId message, std::size_t rows,
             const std::shared_ptr<const InsertFormat>& format, TimePoint now);

  // Seals the batch being filled if its oldest row has reached the age limit.
  void seal_if_due(TimePoint now);

  // Seals the batch being filled, unless it is empty; `why` is counted.
  void seal(FlushReason why);

  // Whether a sealed batch waits.
  bool has_sealed() const { return !sealed_.empty(); }
  // The oldest sealed batch; only when there is one.
  const Batch& front() const { return *sealed_.front(); }
  BatchPtr take_front();

  // Takes all batches out, sealed; rows appended from here on are of `format`.
  std::vector<BatchPtr> take_all(std::shared_ptr<const InsertFormat> format);

  // Puts sealed batches before or behind those that are there, in their order.
  void put_first(std::vector<BatchPtr> batches);
  void put_first(BatchPtr batch);
  void put_last(std::vector<BatchPtr> batches);

  // Takes one that is done with, so that its memory is used again.
  void recycle(BatchPtr batch);

  // Drops every batch.
  void drop_all();

  // When seal_if_due() has something to do, if nothing is added before.
  std::optional<TimePoint> deadline() const;

  // Bytes of rows, over all batches.
  std::size_t held_bytes() const { return sealed_bytes_ + filling_->bytes().size(); }
  bool empty() const { return sealed_.empty() && filling_->empty(); }

  std::size_t filling_rows() const { return filling_->rows(); }
  // How often a batch was sealed for which reason.
  const auto& flushes() const { return flushes_; }

 private:
  BatchLimits limits_;
  std::shared_ptr<const InsertFormat> format_;
  BatchPtr filling_;
  std::deque<BatchPtr> sealed_;
  std::size_t sealed_bytes_ = 0;
  std::vector<BatchPtr> spare_;  // emptied ones
  std::array<std::uint64_t, kFlushReasonWords.size()> flushes_{};
};

}  // namespace event_consumer
