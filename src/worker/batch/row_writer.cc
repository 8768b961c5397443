#include "worker/batch/row_writer.h"

#include <utility>

namespace event_consumer {
namespace {

// Of so many sets of columns the format is kept.
constexpr std::size_t kMostFormats = 128;

}  // namespace

std::optional<Rejection> RowWriter::write(const Delivery& message, RowBuffer& rows) {
  rows.set_limit(rows.size() + most_bytes_);
  auto rejection = guard_.guard(message, [&] { return encode(message, rows); });
  if (rejection) return rejection;
  const std::vector<RowEncoder::Group>& written = encoding_.encoder.groups();
  groups_.resize(written.size());
  for (std::size_t i = 0; i < written.size(); ++i)
    groups_[i] = {format_of(written[i].columns), written[i].rows, written[i].bytes};
  return std::nullopt;
}

const std::shared_ptr<const InsertFormat>& RowWriter::format_of(const std::vector<bool>& columns) {
  if (!encoding_.format_of) return encoding_.format;
  const auto known = formats_.find(columns);
  if (known != formats_.end()) return known->second;
  if (formats_.size() == kMostFormats) formats_.clear();
  return formats_.emplace(columns, encoding_.format_of(columns)).first->second;
}

std::optional<Rejection> RowWriter::encode(const Delivery& message, RowBuffer& rows) {
  std::string_view body;
  auto rejection = body_decoder_.decode(message, most_bytes_, body);
  if (rejection) return rejection;
  message_values_.begin(message);
  rejection = encoding_.encoder.encode(body, message_values_, rows);
  if (rejection) blame_unknown_encoding(message, *rejection);
  return rejection;
}

void RowWriter::adopt(Encoding encoding) {
  encoding_ = std::move(encoding);
  message_values_ = DeliveryValues(encoding_.queue);
  formats_.clear();
}

}  // namespace event_consumer
