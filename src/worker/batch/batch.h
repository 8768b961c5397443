// A batch: encoded rows, and the messages they came from. It has one life: it is filled, sealed
// once, posted as often as it takes, and stored, or refused and cut into parts that begin a life of
// their own. Its rows never change after the seal, and it is never cut within a message.
#pragma once

#include <cstddef>
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
  // The rows of one message, which stand behind those of the message before.
  struct Run {
    DeliveryId message;
    std::size_t rows;
    std::size_t end;  // in bytes, from the beginning of the batch
  };

  // Where the encoder appends the next rows; add() makes them count. Only before seal().
  RowBuffer& buffer() { return bytes_; }

  // Counts what was just appended as the `rows` rows of `message`, which was taken at `now`.
  void add(DeliveryId message, std::size_t rows, TimePoint now);

  // No row may be added from here on. `format` says what the rows are. Draws the deduplication
  // token: random, never derived from the content, because two batches of equal rows are two
  // batches.
  void seal(std::shared_ptr<const InsertFormat> format);

  // Empties the batch for new rows; the memory is kept.
  void clear();

  // The rows of the runs from `first` to `last`, excluding `last`, as a sealed batch with a token
  // of its own. Only when sealed.
  Batch part(std::size_t first, std::size_t last) const;
  // Whether it was made so.
  bool is_part() const { return is_part_; }

  bool empty() const { return runs_.empty(); }
  std::size_t rows() const { return rows_; }
  std::string_view bytes() const { return bytes_.view(); }
  const std::vector<Run>& runs() const { return runs_; }
  TimePoint oldest() const { return oldest_; }  // only when not empty

  // Only when sealed.
  const std::string& token() const { return token_; }
  const InsertFormat& format() const { return *format_; }

  // Whether a post of it was ever left without an answer. Such a batch may be stored already: its
  // bytes and token stay as they are until that is known.
  bool may_be_stored() const { return may_be_stored_; }
  void set_may_be_stored() { may_be_stored_ = true; }

  // Whether it kept its bytes for that reason when the table's columns changed.
  bool is_outdated() const { return is_outdated_; }
  void set_outdated() { is_outdated_ = true; }

  // What RefusalSearch knows of it.
  struct Refusals {
    std::size_t unclear = 0;  // since it was last decided how to go on
    bool was_alone = false;   // its only message was refused
    // Its trial began when so many inserts were stored.
    std::optional<std::size_t> trial = std::nullopt;
  };
  const Refusals& refusals() const { return refusals_; }
  Refusals& refusals() { return refusals_; }

 private:
  RowBuffer bytes_;
  std::vector<Run> runs_;
  std::size_t rows_ = 0;
  TimePoint oldest_{};
  std::string token_;
  std::shared_ptr<const InsertFormat> format_;
  bool is_part_ = false;
  bool may_be_stored_ = false;
  bool is_outdated_ = false;
  Refusals refusals_;
};

}  // namespace event_consumer
