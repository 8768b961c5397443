#include "worker/batch/row_writer.h"

#include <utility>

namespace event_consumer {

std::optional<Rejection> RowWriter::write(const Delivery& message, RowBuffer& rows) {
  rows.set_limit(rows.size() + most_bytes_);
  const RowEncoder& encoder = encoding_.encoder;
  auto rejection = guard_.guard(message, [&] { return encode(message, rows); });
  if (rejection) return rejection;
  if (encoding_.format_of && encoder.written_columns() != written_columns_) {
    written_columns_ = encoder.written_columns();
    format_ = encoding_.format_of(written_columns_);
  }
  return std::nullopt;
}

std::optional<Rejection> RowWriter::encode(const Delivery& message, RowBuffer& rows) {
  std::string_view body;
  auto rejection = body_decoder_.decode(message, most_bytes_, body);
  if (rejection) return rejection;
  message_values_.begin(message);
  rejection = encoding_.encoder.encode(body, message_values_, 0, rows);
  if (rejection) blame_unknown_encoding(message, *rejection);
  return rejection;
}

void RowWriter::adopt(Encoding encoding) {
  encoding_ = std::move(encoding);
  message_values_ = DeliveryValues(encoding_.queue);
  format_ = encoding_.format;
  written_columns_.clear();
}

}  // namespace event_consumer
