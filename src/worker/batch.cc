#include "worker/batch.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

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

void Batch::add(DeliveryTag tag, TimePoint now) {
  if (tags_.empty()) oldest_ = now;
  tags_.push_back(tag);
}

void Batch::seal() { token_ = draw_token(); }

void Batch::clear() {
  bytes_.clear();
  tags_.clear();
  token_.clear();
}

}  // namespace event_consumer
