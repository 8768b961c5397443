// Names of queues and exchanges, and routing keys, as AMQP 0-9-1 carries them.
#pragma once

#include <cstddef>

namespace event_consumer {

// In bytes: the length of a short string is one byte (4.2.5.3).
constexpr std::size_t kLongestAmqpName = 255;

}  // namespace event_consumer
