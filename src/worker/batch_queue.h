// The batches of a worker in their order: one being filled, and the sealed ones before it that wait
// for their insert. It decides when a batch is full; it posts nothing.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "worker/batch.h"

namespace event_consumer {

struct BatchLimits {
  std::size_t rows;
  std::size_t bytes;
  std::chrono::milliseconds delay;  // age of the oldest row
};

class BatchQueue {
 public:
  explicit BatchQueue(const BatchLimits& limits) : limits_(limits) {}

  // Where the encoder appends the next row; added() makes it count.
  std::string& buffer() { return filling_.buffer(); }

  // Counts the row just appended, and seals the batch when that fills it.
  void added(DeliveryTag tag, TimePoint now);

  // Seals the batch being filled if its oldest row has reached the age limit.
  void seal_if_due(TimePoint now);

  // Seals the batch being filled, unless it is empty.
  void seal();

  // The oldest sealed batch, or nullptr. It stays where it is until pop().
  const Batch* front() const { return sealed_.empty() ? nullptr : &sealed_.front(); }
  void pop();

  // Drops every batch, or every one but the front, which stays where it is.
  void drop_all();
  void drop_all_but_front();

  // When seal_if_due() has something to do, if nothing is added before.
  std::optional<TimePoint> deadline() const;

  // Bytes of rows held, over all batches.
  std::size_t bytes() const { return sealed_bytes_ + filling_.bytes().size(); }
  bool empty() const { return sealed_.empty() && filling_.empty(); }

 private:
  BatchLimits limits_;
  Batch filling_;
  std::deque<Batch> sealed_;
  std::size_t sealed_bytes_ = 0;
  std::vector<Batch> spare_;  // emptied ones, so that their memory is used again
};

}  // namespace event_consumer
