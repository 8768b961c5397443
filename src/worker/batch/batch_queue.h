// The batches of a worker: those being filled, and the sealed ones before them that wait for their
// insert. Age, a full window and a stop only make a batch due: it is sealed when the inserter needs
// one, so that rows that wait are joined. A full batch is sealed at once. Posts nothing. All of the
// batches are of the present link.
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
  BatchQueue(const BatchLimits& limits, std::shared_ptr<const InsertFormat> format);

  // Where the encoder appends the next rows; added() makes them count.
  RowBuffer& buffer() { return filling_[current_].batch->buffer(); }

  // Counts what was just appended as the `rows` rows of `message`, taken at `now`, and seals a
  // batch when they fill it. Rows of two formats go into two batches, which are filled in turn and
  // share the limit in bytes; a third format seals the older one.
  void added(DeliveryId message, std::size_t rows,
             const std::shared_ptr<const InsertFormat>& format, TimePoint now);

  // All batches being filled are due, for this reason.
  void make_due(FlushReason why);

  // Where no sealed batch waits, seals one that is due: whoever asks can post it.
  void seal_due(TimePoint now);

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
  // Puts it behind the oldest, if there is one.
  void put_second(BatchPtr batch);
  void put_last(std::vector<BatchPtr> batches);

  // Takes one that is done with, so that its memory is used again.
  void recycle(BatchPtr batch);

  // Drops every batch.
  void drop_all();

  // When the next batch is due, if nothing is added before; the past when one is.
  std::optional<TimePoint> deadline() const;

  // Bytes of rows, over all batches.
  std::size_t held_bytes() const { return sealed_bytes_ + filling_bytes(); }
  bool empty() const { return sealed_.empty() && filling_rows() == 0; }

  std::size_t filling_rows() const;
  // How often a batch was sealed for which reason.
  const auto& flushes() const { return flushes_; }

 private:
  struct Filling {
    BatchPtr batch;
    std::shared_ptr<const InsertFormat> format;
    std::optional<FlushReason> due = std::nullopt;  // for another reason than its age
  };

  BatchPtr make_batch();
  void use(const std::shared_ptr<const InsertFormat>& format);
  void seal(Filling& filling, FlushReason why);
  std::size_t filling_bytes() const;
  TimePoint due_at(const Filling& filling) const;

  BatchLimits limits_;
  std::vector<Filling> filling_;  // one or two, each empty or not; the older one first
  std::size_t current_ = 0;       // the one of the row appended last
  std::deque<BatchPtr> sealed_;
  std::size_t sealed_bytes_ = 0;
  std::vector<BatchPtr> spare_;  // emptied ones
  std::array<std::uint64_t, kFlushReasonWords.size()> flushes_{};
};

}  // namespace event_consumer
