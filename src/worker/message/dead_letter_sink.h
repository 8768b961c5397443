// The seam to the dead-letter queue. src/worker/amqp implements it, tests bring a fake.
#pragma once

#include <cstddef>
#include <optional>

#include "common/result.h"
#include "worker/encode/verdict.h"
#include "worker/message/delivery.h"

namespace event_consumer {

class DeadLetterSink {
 public:
  virtual ~DeadLetterSink() = default;

  // Sends the delivery to the dead-letter queue with the reason, or keeps it until the queue takes
  // messages again. It may be acknowledged only after next_confirmed() has named it.
  virtual Result<Done> publish(const Delivery& delivery, const Rejection& rejection) = 0;

  // The tag of the next delivery that the dead-letter queue has taken, in the order of publish();
  // nothing when there is none yet; never waits. An Error when the link is lost, or, once
  // (kConfiguration), when the queue begins to refuse.
  virtual Result<std::optional<DeliveryTag>> next_confirmed() = 0;

  // Whether the queue has refused a message and taken none since. Nothing is lost: all that it has
  // not confirmed is sent again.
  virtual bool refuses() const = 0;

  // Every delivery published is somebody else's from now on; none will be named.
  virtual void forget() = 0;

  // Bytes of bodies sent and not yet confirmed.
  virtual std::size_t unconfirmed_bytes() const = 0;
};

}  // namespace event_consumer
