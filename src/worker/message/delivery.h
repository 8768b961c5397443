// A delivery as the broker handed it to us: views into the connection's buffers, valid only until
// the source is asked for the next event. And its identity, which outlives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/clock.h"
#include "common/fingerprint.h"

namespace event_consumer {

// Numbers the deliveries of one channel from 1 (AMQP 0-9-1, basic.deliver).
using DeliveryTag = std::uint64_t;

// Numbers the links of a worker to the broker, one after the other. Each begins its tags anew.
using LinkNumber = std::uint64_t;

// Which delivery. One of another link than the present one is no delivery any more: the broker has
// it back, and the present link may have given its tag to another.
struct DeliveryId {
  LinkNumber link = 0;
  DeliveryTag tag = 0;
};
inline bool operator==(DeliveryId a, DeliveryId b) { return a.link == b.link && a.tag == b.tag; }
inline bool operator!=(DeliveryId a, DeliveryId b) { return !(a == b); }

struct Delivery {
  DeliveryTag tag = 0;
  bool redelivered = false;
  bool is_last = false;  // when it comes back once more, its quorum queue drops it
  TimePoint taken_at{};  // when the worker took it; of one that it has not taken yet, unset
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view body;
  std::string_view properties;  // as encoded in the content header (AMQP 0-9-1, section 4.2.6.1)
  std::optional<Fingerprint> fingerprint{};  // of the body, where it was made already
};

}  // namespace event_consumer
