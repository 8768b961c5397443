// A batch: encoded rows, and the deliveries they came from. It is filled, sealed once, posted as
// often as it takes, and its rows never change after the seal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/clock.h"
#include "worker/delivery.h"

namespace event_consumer {

class Batch {
 public:
  // Where the encoder appends the next row; add() makes it count. Only before seal().
  std::string& buffer() { return bytes_; }

  // Counts the row just appended as the one of delivery `tag`, taken at `now`.
  void add(DeliveryTag tag, TimePoint now);

  // No row may be added from here on. Draws the deduplication token: random, never derived from the
  // content, because two batches of equal rows are two batches.
  void seal();

  // Empties the batch for new rows; the memory is kept.
  void clear();

  bool empty() const { return tags_.empty(); }
  std::size_t rows() const { return tags_.size(); }
  const std::string& bytes() const { return bytes_; }
  const std::vector<DeliveryTag>& tags() const { return tags_; }
  TimePoint oldest() const { return oldest_; }         // only when not empty
  const std::string& token() const { return token_; }  // only when sealed

 private:
  std::string bytes_;
  std::vector<DeliveryTag> tags_;
  TimePoint oldest_{};
  std::string token_;
};

}  // namespace event_consumer
