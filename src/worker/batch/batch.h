// A batch: encoded rows, and the messages they came from. It has one life: it is filled, sealed
// once, posted as often as it takes, and stored, or refused and cut into parts that begin a life of
// their own. Its rows never change after the seal, and it is never cut within a message.
//
// One insert takes rows of one format. Where rows of several are added, a batch has those of the
// first, and a batch for each other format behind it: its rest, which is posted after it. They are
// cut together. A message is stored when the last insert is that has rows of it.
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
  // The rows of one message, which stand behind those of the message before. There may be none: it
  // has all its rows in the rest.
  struct Run {
    DeliveryId message;
    std::size_t rows;
    std::size_t end;  // in bytes, from the beginning of the batch
  };

  // Where the encoder appends the next rows; add() makes them count. Only before seal().
  RowBuffer& buffer() { return bytes_; }

  // Whether rows of these formats may be added: a batch comes to a few inserts, unless a single
  // message needs more.
  bool takes(const std::vector<RowGroup>& groups) const;

  // Counts what was just appended as the rows of `message`, which was taken at `now`: these groups,
  // one behind the other.
  void add(DeliveryId message, const std::vector<RowGroup>& groups, TimePoint now);

  // Takes what was appended and not counted off again, and returns it.
  std::string take_uncounted();

  // No row may be added from here on. Draws the deduplication token: random, never derived from the
  // content, because two batches of equal rows are two batches.
  void seal();

  // A sealed batch as it was posted before, at `posted_at`, of which nothing is known but its rows.
  static std::unique_ptr<Batch> restored(std::string token, InsertFormat format,
                                         std::string_view bytes, std::size_t rows,
                                         TimePoint posted_at);

  // Empties the batch for new rows; the memory is kept.
  void clear();

  // The rows of the runs from `first` to `last`, excluding `last`, and of their rest, as a sealed
  // batch with a token of its own. Only when sealed.
  std::unique_ptr<Batch> part(std::size_t first, std::size_t last) const;
  // The same of these runs, and no part unless this is one; nullptr when there are none.
  std::unique_ptr<Batch> only(const std::vector<std::size_t>& runs) const;
  // Whether it was made by part().
  bool is_part() const { return past_.is_part; }

  // What is to be posted once this is stored, sealed; nullptr when there is nothing. Only messages
  // with rows in it are in its runs. Only when sealed.
  std::unique_ptr<Batch> make_rest() const;
  // The messages whose last rows are in this insert.
  std::vector<DeliveryId> completed() const;

  bool empty() const { return runs_.empty(); }
  std::size_t rows() const { return rows_; }
  // With the rest.
  std::size_t all_rows() const { return rows_ + (rest_ ? rest_->all_rows() : 0); }
  std::size_t held_bytes() const { return bytes_.size() + (rest_ ? rest_->held_bytes() : 0); }
  std::string_view bytes() const { return bytes_.view(); }
  const std::vector<Run>& runs() const { return runs_; }
  TimePoint oldest() const { return oldest_; }  // only when not empty

  // Only when sealed.
  const std::string& token() const { return token_; }
  const InsertFormat& format() const { return *format_; }

  // Whether a post of it was ever left without an answer. Such a batch may be stored already: its
  // bytes and token stay as they are until that is known.
  bool may_be_stored() const { return past_.open_since.has_value(); }
  // Since the first such post began.
  std::optional<TimePoint> open_since() const { return past_.open_since; }
  void set_may_be_stored(TimePoint posted_at) {
    if (!past_.open_since) past_.open_since = posted_at;
  }
  // Its token proves nothing any more: it gets another, as if it had never been posted.
  void renew_token();

  // Whether its messages are gone: with their link, or as they were given back.
  bool is_orphan() const { return past_.is_orphan; }
  void set_orphan() { past_.is_orphan = true; }

  // Whether it is known that none of its rows is in the table.
  bool is_settled() const { return !may_be_stored() && !past_.refusals.is_in_table; }

  // Whether it kept its bytes for that reason when the table's columns changed.
  bool is_outdated() const { return past_.is_outdated; }
  void set_outdated() { past_.is_outdated = true; }

  // What RefusalSearch knows of it.
  struct Refusals {
    std::size_t unclear = 0;   // since it was last decided how to go on
    bool was_alone = false;    // its only message was refused
    bool was_clear = false;    // then, for its values by the server's words
    bool is_in_table = false;  // by a view, though its rows are in the table
    // Its trial began when so many inserts were stored.
    std::optional<std::size_t> trial = std::nullopt;
  };
  const Refusals& refusals() const { return past_.refusals; }
  Refusals& refusals() { return past_.refusals; }

 private:
  // What has happened to it.
  struct Past {
    bool is_part = false;
    std::optional<TimePoint> open_since = std::nullopt;
    bool is_outdated = false;
    bool is_orphan = false;
    Refusals refusals{};
  };

  Batch* find(const InsertFormat& format);
  void count(DeliveryId message, const std::vector<RowGroup>& groups, TimePoint now);
  bool has_rows(std::size_t run) const;
  std::size_t begin_of(std::size_t run) const { return run == 0 ? 0 : runs_[run - 1].end; }
  std::unique_ptr<Batch> pick(const Batch* from, const std::vector<std::size_t>& wanted) const;

  RowBuffer bytes_;
  std::vector<Run> runs_;
  std::size_t rows_ = 0;
  TimePoint oldest_{};
  std::string token_;
  std::shared_ptr<const InsertFormat> format_;
  std::unique_ptr<Batch> rest_;  // has a run for each of this
  Past past_;
};

}  // namespace event_consumer
