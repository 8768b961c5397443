#include "worker/batch/batch.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

namespace event_consumer {
namespace {

// 128 bits in hexadecimal digits.
std::string draw_token() {
  std::array<unsigned char, 16> random;
  ssize_t drawn;
  do {
    drawn = getrandom(random.data(), random.size(), 0);
  } while (drawn < 0 && errno == EINTR);
  // getrandom(2) delivers up to 256 bytes whole; a kernel without it cannot run us.
  if (drawn != static_cast<ssize_t>(random.size()))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  std::string token;
  for (unsigned char byte : random) {
    constexpr const char* kDigits = "0123456789abcdef";
    token += kDigits[byte >> 4];
    token += kDigits[byte & 15];
  }
  return token;
}

}  // namespace

void Batch::add(const Delivery& delivery, TimePoint now) {
  if (tags_.empty()) oldest_ = now;
  Ends ends{};
  ends.row = bytes_.size();
  ends.body = originals_.append(delivery.body).size();
  ends.exchange = originals_.append(delivery.exchange).size();
  ends.routing_key = originals_.append(delivery.routing_key).size();
  ends.properties = originals_.append(delivery.properties).size();
  ends_.push_back(ends);
  tags_.push_back(delivery.tag);
}

void Batch::seal(std::shared_ptr<const InsertFormat> format) {
  format_ = std::move(format);
  token_ = draw_token();
}

void Batch::clear() {
  bytes_.clear();
  originals_.clear();
  ends_.clear();
  tags_.clear();
  token_.clear();
  format_.reset();
  is_part_ = false;
  may_be_stored_ = false;
  refused_alone_after_.reset();
}

Batch Batch::part(std::size_t first, std::size_t last) const {
  Batch part;
  for (std::size_t row = first; row < last; ++row) {
    const std::size_t begin = row == 0 ? 0 : ends_[row - 1].row;
    part.bytes_.append(bytes().substr(begin, ends_[row].row - begin));
    part.add(original(row), oldest_);
  }
  part.seal(format_);
  part.is_part_ = true;
  return part;
}

Delivery Batch::original(std::size_t row) const {
  const std::size_t begin = row == 0 ? 0 : ends_[row - 1].properties;
  const Ends& ends = ends_[row];
  const std::string_view all = originals_;
  Delivery delivery;
  delivery.tag = tags_[row];
  delivery.body = all.substr(begin, ends.body - begin);
  delivery.exchange = all.substr(ends.body, ends.exchange - ends.body);
  delivery.routing_key = all.substr(ends.exchange, ends.routing_key - ends.exchange);
  delivery.properties = all.substr(ends.routing_key, ends.properties - ends.routing_key);
  return delivery;
}

}  // namespace event_consumer
