// The properties of a message, from and to their form in a content header (AMQP 0-9-1, section
// 4.2.6.1).
#pragma once

#include <string>
#include <string_view>

#include "worker/amqp/reply.h"

namespace event_consumer {

class DecodedProperties {
 public:
  // None at all when `encoded`, which must outlive this object, cannot be decoded.
  explicit DecodedProperties(std::string_view encoded) {
    init_amqp_pool(&pool_, 4096);
    void* decoded = nullptr;
    if (!encoded.empty() &&
        amqp_decode_properties(AMQP_BASIC_CLASS, &pool_, to_bytes(encoded), &decoded) >= 0)
      properties_ = *static_cast<const amqp_basic_properties_t*>(decoded);
  }
  ~DecodedProperties() { empty_amqp_pool(&pool_); }
  DecodedProperties(const DecodedProperties&) = delete;
  DecodedProperties& operator=(const DecodedProperties&) = delete;

  amqp_basic_properties_t& get() { return properties_; }
  const amqp_basic_properties_t& get() const { return properties_; }

 private:
  amqp_pool_t pool_;
  amqp_basic_properties_t properties_{};
};

// Empty when they are longer than two frames of the usual size.
inline std::string encode_properties(amqp_basic_properties_t properties) {
  std::string encoded(std::size_t{2} * 131072, '\0');
  const int length = amqp_encode_properties(AMQP_BASIC_CLASS, &properties,
                                            amqp_bytes_t{encoded.size(), encoded.data()});
  encoded.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return encoded;
}

}  // namespace event_consumer
