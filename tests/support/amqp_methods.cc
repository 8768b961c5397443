#include "tests/support/amqp_methods.h"

#include <algorithm>

namespace event_consumer::testing {
namespace {

constexpr std::size_t kFrameHead = 7;  // type, channel, size
constexpr std::size_t kMethodHead = kFrameHead + 4;
constexpr char kMethodFrame = 1;

std::uint32_t frame_size(const std::string& head) {
  std::uint32_t size = 0;
  for (std::size_t i = 3; i < kFrameHead; ++i)
    size = size << 8 | static_cast<unsigned char>(head[i]);
  return size;
}

}  // namespace

std::uint64_t MethodCounter::read(std::string_view bytes) {
  std::uint64_t count = 0;
  while (!bytes.empty()) {
    if (skip_ > 0) {
      const auto skipped = std::min<std::uint64_t>(skip_, bytes.size());
      bytes.remove_prefix(skipped);
      skip_ -= skipped;
      continue;
    }
    head_ += bytes.front();
    bytes.remove_prefix(1);
    if (head_.size() < kFrameHead) continue;
    const bool is_method = head_.front() == kMethodFrame;
    if (is_method && head_.size() < kMethodHead) continue;
    if (is_method && head_.compare(kFrameHead, method_.size(), method_) == 0) ++count;
    // The rest of the payload, and the octet that ends each frame.
    skip_ = frame_size(head_) + 1 - (head_.size() - kFrameHead);
    head_.clear();
  }
  return count;
}

}  // namespace event_consumer::testing
