// The batches of a worker in their order: one being filled, and the sealed ones before it that wait
// for their insert. It decides when a batch is full; it posts nothing.
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

class BatchQueue {
 public:
  // `format` says what the rows are that will be appended.
  BatchQueue(const BatchLimits& limits, std::shared_ptr<const InsertFormat> format)
      : limits_(limits), format_(std::move(format)) {}

  // Where the encoder appends the next row; added() makes it count.
  RowBuffer& buffer() { return filling_.buffer(); }

  // Counts the row just appended, and seals the batch when that fills it.
  void added(const Delivery& delivery, TimePoint now);

  // Rows appended from here on are of `format`; the batch being filled is sealed.
  void change_format(std::shared_ptr<const InsertFormat> format);

  // Seals the batch being filled if its oldest row has reached the age limit.
  void seal_if_due(TimePoint now);

  // Seals the batch being filled, unless it is empty; `why` is counted.
  void seal(FlushReason why);

  // The oldest sealed batch, or nullptr. It stays where it is until pop().
  Batch* front() { return sealed_.empty() ? nullptr : &sealed_.front(); }
  void pop();
  // Takes the front out as it is.
  Batch take_front();

  // Takes all batches out, sealed; rows appended from here on are of `format`.
  std::vector<Batch> take_all(std::shared_ptr<const InsertFormat> format);

  // Puts sealed batches before or behind those that are there, in their order.
  void put_first(std::vector<Batch> batches);
  void put_last(std::vector<Batch> batches);

  // Drops every batch, or every one but the front, which stays where it is.
  void drop_all();
  void drop_all_but_front();

  // When seal_if_due() has something to do, if nothing is added before.
  std::optional<TimePoint> deadline() const;

  // Bytes kept, over all batches.
  std::size_t held_bytes() const { return sealed_bytes_ + filling_.held_bytes(); }
  bool empty() const { return sealed_.empty() && filling_.empty(); }

  std::size_t filling_rows() const { return filling_.rows(); }
  // How often a batch was sealed for which reason.
  const auto& flushes() const { return flushes_; }

 private:
  BatchLimits limits_;
  std::shared_ptr<const InsertFormat> format_;
  Batch filling_;
  std::deque<Batch> sealed_;
  std::size_t sealed_bytes_ = 0;
  std::vector<Batch> spare_;  // emptied ones, so that their memory is used again
  std::array<std::uint64_t, kFlushReasonWords.size()> flushes_{};
};

}  // namespace event_consumer
