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

void Batch::add(DeliveryId message, std::size_t rows, TimePoint now) {
  if (runs_.empty()) oldest_ = now;
  runs_.push_back({message, rows, bytes_.size()});
  rows_ += rows;
}

void Batch::seal(std::shared_ptr<const InsertFormat> format) {
  format_ = std::move(format);
  token_ = draw_token();
}

void Batch::clear() {
  bytes_.clear();
  runs_.clear();
  rows_ = 0;
  token_.clear();
  format_.reset();
  is_part_ = false;
  may_be_stored_ = false;
  is_outdated_ = false;
  refusals_ = {};
}

Batch Batch::part(std::size_t first, std::size_t last) const {
  Batch part;
  for (std::size_t i = first; i < last; ++i) {
    const std::size_t begin = i == 0 ? 0 : runs_[i - 1].end;
    part.bytes_.append(bytes().substr(begin, runs_[i].end - begin));
    part.add(runs_[i].message, runs_[i].rows, oldest_);
  }
  part.seal(format_);
  part.is_part_ = true;
  return part;
}

}  // namespace event_consumer
