// libFuzzer target: any body with any encoding, the first byte of the input saying which. What
// comes out is no longer than it may be; what is rejected has words in valid UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/utf8.h"
#include "worker/batch/body_decoder.h"

using namespace event_consumer;

namespace {

// Properties with a content_encoding alone (AMQP 0-9-1, section 4.2.6.1).
std::string properties(const std::string& encoding) {
  return std::string("\x40\0", 2) + static_cast<char>(encoding.size()) + encoding;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static BodyDecoder decoder;
  static const std::string kProperties[] = {properties("gzip"), properties("deflate"),
                                            properties("zstd"), properties("zstd, gzip")};
  constexpr std::size_t kMostBytes = 100'000;
  if (size == 0) return 0;
  Delivery delivery;
  delivery.properties = kProperties[data[0] % std::size(kProperties)];
  delivery.body = {reinterpret_cast<const char*>(data + 1), size - 1};
  std::string_view body;
  const auto rejection = decoder.decode(delivery, kMostBytes, body);
  if (!rejection && body.size() > kMostBytes) std::abort();
  if (rejection && find_invalid_utf8(rejection->error) != std::string::npos) std::abort();
  return 0;
}
