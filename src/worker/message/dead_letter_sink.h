// The seam to the dead-letter queue. A sink lives as long as the link of the source whose messages
// it takes; src/worker/amqp implements it, tests bring a fake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/result.h"
#include "worker/encode/verdict.h"
#include "worker/message/delivery.h"

namespace event_consumer {

class DeadLetterSink {
 public:
  // Drops the connection, unless it was closed.
  virtual ~DeadLetterSink() = default;

  // Sends the delivery to the dead-letter queue with the reason, or keeps it until the queue takes
  // messages again. It may be acknowledged only after next_confirmed() has named it.
  virtual Result<Done> publish(const Delivery& delivery, const Rejection& rejection) = 0;

  // The tag of the next delivery that the dead-letter queue has taken; nothing when there is none
  // yet; never waits. An Error when the link is lost, or, once (kConfiguration), when the queue
  // begins to refuse.
  virtual Result<std::optional<DeliveryTag>> next_confirmed() = 0;

  // Whether the queue has refused a message and taken none since. Nothing is lost: all that it has
  // not confirmed is sent again by try_again().
  virtual bool refuses() const = 0;

  // Whether the broker takes nothing from publishers, for want of memory or disk: it says so, and
  // confirms nothing before others have emptied its queues.
  virtual bool is_blocked() const = 0;

  // After a refusal: begins to send everything that is not confirmed again, on a connection made
  // anew. An Error, of this or of next_confirmed(), says that the link is lost; whether the queue
  // takes the messages is told by refuses() and next_confirmed().
  virtual Result<Done> try_again() = 0;

  // Every delivery published is somebody else's from now on; none will be named.
  virtual void forget() = 0;

  // Bytes of bodies and properties that are not confirmed yet.
  virtual std::size_t unconfirmed_bytes() const = 0;

  // Asks how many messages lie in the queue, unless something is still being sent; the answer comes
  // among the confirms.
  virtual Result<Done> ask_message_count() = 0;
  virtual std::uint64_t message_count() const = 0;  // as answered last

  // To be polled for reading once next_confirmed() has returned nothing, and for writing too while
  // is_sending(): next_confirmed() then goes on. -1 after a refusal until try_again().
  virtual int fd() const = 0;
  virtual bool is_sending() const = 0;

  // Ends the connection with a handshake, unless something is not confirmed, which then stays with
  // whoever has it. Nothing else may be asked afterwards.
  virtual void close() = 0;
};

}  // namespace event_consumer
