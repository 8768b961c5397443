// RowWriter: makes rows of messages, for the table as it is known now. It stands between a message
// and a batch: it undoes the compression of bodies, guards against messages that kill workers,
// refuses rows that are too large for any batch, and says which INSERTs the rows belong to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "worker/batch/body_decoder.h"
#include "worker/batch/crash_guard.h"
#include "worker/batch/delivery_values.h"
#include "worker/batch/insert_format.h"
#include "worker/encode/row_buffer.h"
#include "worker/encode/row_encoder.h"

namespace event_consumer {

// How events become rows of the table as it is now.
struct Encoding {
  RowEncoder encoder;
  std::shared_ptr<const InsertFormat> format;  // of rows that hold all columns

  // Of rows that hold only these. Nothing when every row holds all: otherwise columns that an event
  // leaves to their DEFAULT must not be named in its INSERT (RowEncoder::groups).
  std::function<std::shared_ptr<const InsertFormat>(const std::vector<bool>& written)> format_of =
      nullptr;

  std::string queue = {};  // where messages come from, for columns that say so
};

class RowWriter {
 public:
  // `guard` must outlive the writer. Rows of one message may come to `most_bytes`.
  RowWriter(Encoding encoding, CrashGuard& guard, std::size_t most_bytes)
      : encoding_(std::move(encoding)),
        guard_(guard),
        most_bytes_(most_bytes),
        message_values_(encoding_.queue) {}

  // Appends the rows of the message to `rows`. When it is rejected, returns why and leaves `rows`
  // as it was.
  std::optional<Rejection> write(const Delivery& message, RowBuffer& rows);

  // What was appended by the last write(), one group behind the other. The formats are the same
  // objects for as long as rows are of the same ones.
  const std::vector<RowGroup>& groups() const { return groups_; }

  // When the event that was written last happened, in seconds since the epoch, where that is known.
  std::optional<double> event_time() const { return encoding_.encoder.event_time(); }
  // When `message`, the one written last, was published: its property `timestamp` (whole seconds),
  // else when its last event happened. A publisher's 0 is no time.
  std::optional<double> published_at(const Delivery& message) const;

  UnknownKeys& unknown_keys() { return encoding_.encoder.unknown_keys(); }

  // From here on rows are those of another table.
  void adopt(Encoding encoding);

  // Whether such rows are those of the table as it is now: of all columns, or of some of them that
  // were written since.
  bool has_format(const InsertFormat& format) const;

 private:
  std::optional<Rejection> encode(const Delivery& message, RowBuffer& rows);
  const std::shared_ptr<const InsertFormat>& format_of(const std::vector<bool>& columns);

  Encoding encoding_;
  BodyDecoder body_decoder_;
  CrashGuard& guard_;
  std::size_t most_bytes_;
  DeliveryValues message_values_;
  std::vector<RowGroup> groups_;
  std::map<std::vector<bool>, std::shared_ptr<const InsertFormat>> formats_;  // by columns
};

}  // namespace event_consumer
