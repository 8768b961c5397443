// A batch: encoded rows, and the deliveries they came from. It is filled, sealed once, posted as
// often as it takes, and its rows never change after the seal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "worker/batch/insert_format.h"
#include "worker/encode/row_buffer.h"
#include "worker/message/delivery.h"

namespace event_consumer {

class Batch {
 public:
  // Where the encoder appends the next row; add() makes it count. Only before seal().
  RowBuffer& buffer() { return bytes_; }

  // Counts the row just appended as the one of `delivery`, taken at `now`, and keeps what is needed
  // to encode it anew or to dead-letter it.
  void add(const Delivery& delivery, TimePoint now);

  // No row may be added from here on. `format` says what the rows are. Draws the deduplication
  // token: random, never derived from the content, because two batches of equal rows are two
  // batches.
  void seal(std::shared_ptr<const InsertFormat> format);

  // Empties the batch for new rows; the memory is kept.
  void clear();

  // The rows from `first` to `last`, excluding `last`, as a sealed batch with a token of its own.
  // Only when sealed.
  Batch part(std::size_t first, std::size_t last) const;
  // Whether it was made so.
  bool is_part() const { return is_part_; }

  bool empty() const { return tags_.empty(); }
  std::size_t rows() const { return tags_.size(); }
  std::string_view bytes() const { return bytes_.view(); }
  const std::vector<DeliveryTag>& tags() const { return tags_; }
  TimePoint oldest() const { return oldest_; }  // only when not empty

  // The delivery of a row: a view of this batch. It does not tell whether it was redelivered.
  Delivery original(std::size_t row) const;

  // All that is kept, in bytes.
  std::size_t held_bytes() const { return bytes_.size() + originals_.size(); }

  // Only when sealed.
  const std::string& token() const { return token_; }
  const InsertFormat& format() const { return *format_; }

  // Whether a post of it was ever left without an answer. Such a batch may be stored already: its
  // bytes and token stay as they are until that is known.
  bool may_be_stored() const { return may_be_stored_; }
  void set_may_be_stored() { may_be_stored_ = true; }

  // When its only row was refused for the first time: the number of inserts stored by then.
  std::optional<std::size_t> refused_alone_after() const { return refused_alone_after_; }
  void set_refused_alone_after(std::size_t inserts) { refused_alone_after_ = inserts; }

 private:
  // Where the parts of a row end, in bytes_ and in originals_.
  struct Ends {
    std::size_t row;
    std::size_t body;
    std::size_t exchange;
    std::size_t routing_key;
    std::size_t properties;
  };

  RowBuffer bytes_;
  std::string originals_;  // body, exchange, routing key, properties; the next delivery's
  std::vector<Ends> ends_;
  std::vector<DeliveryTag> tags_;
  TimePoint oldest_{};
  std::string token_;
  std::shared_ptr<const InsertFormat> format_;
  bool is_part_ = false;
  bool may_be_stored_ = false;
  std::optional<std::size_t> refused_alone_after_;
};

}  // namespace event_consumer
