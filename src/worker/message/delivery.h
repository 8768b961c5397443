// A delivery as the broker handed it to us: views into the connection's buffers, valid only until
// the source is asked for the next event.
#pragma once

#include <cstdint>
#include <string_view>

namespace event_consumer {

// Numbers the deliveries of one channel from 1 (AMQP 0-9-1, basic.deliver).
using DeliveryTag = std::uint64_t;

struct Delivery {
  DeliveryTag tag = 0;
  bool redelivered = false;
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view body;
  std::string_view properties;  // as encoded in the content header (AMQP 0-9-1, section 4.2.6.1)
};

}  // namespace event_consumer
