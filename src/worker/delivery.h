// A delivery as the broker handed it to us: views into the connection's buffers, valid only until
// the source is asked for the next event.
#pragma once

#include <cstdint>
#include <string_view>

struct amqp_basic_properties_t_;  // rabbitmq-c's; only src/worker/amqp looks inside

namespace event_consumer {

// Numbers the deliveries of one channel from 1 (AMQP 0-9-1, basic.deliver).
using DeliveryTag = std::uint64_t;

struct Delivery {
  DeliveryTag tag = 0;
  bool redelivered = false;
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view body;
  const amqp_basic_properties_t_* properties = nullptr;
};

}  // namespace event_consumer
