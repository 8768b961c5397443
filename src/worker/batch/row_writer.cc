#include "worker/batch/row_writer.h"

#include <algorithm>
#include <utility>

#include "worker/message/basic_properties.h"

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

// The flag of the timestamp is in the second byte (AMQP 0-9-1, section 4.2.6.1).
std::optional<double> RowWriter::published_at(const Delivery& message) const {
  constexpr unsigned char kTimestamp = 0x40;
  const std::string_view properties = message.properties;
  if (properties.size() < 2 || (properties[1] & kTimestamp) == 0) return event_time();
  const std::uint64_t seconds = read_basic_properties(properties).timestamp.value_or(0);
  return seconds == 0 ? event_time() : static_cast<double>(seconds);
}

void RowWriter::adopt(Encoding encoding) {
  encoding_ = std::move(encoding);
  message_values_ = DeliveryValues(encoding_.queue);
  formats_.clear();
}

bool RowWriter::has_format(const InsertFormat& format) const {
  if (encoding_.format->head == format.head) return true;
  return std::any_of(formats_.begin(), formats_.end(),
                     [&](const auto& each) { return each.second->head == format.head; });
}

}  // namespace event_consumer
