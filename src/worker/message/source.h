// The seam between the worker and the broker's side: where deliveries come from and where they are
// settled. A source lives as long as its link to the broker; src/worker/amqp implements it, tests
// bring a fake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/clock.h"
#include "common/result.h"
#include "worker/message/delivery.h"

namespace event_consumer {

// What the broker tells of a queue that exists.
struct QueueFacts {
  std::uint32_t messages;  // ready for delivery: those that a consumer has are none of them
  std::uint32_t consumers;
};

struct SourceEvent {
  enum class Kind {
    kNone,       // nothing has arrived
    kDelivery,   // `delivery` is set
    kConsuming,  // the broker has accepted consume()
    kCancelled,  // the broker has accepted cancel(): no delivery will follow
    kSettled,    // the broker has taken everything said before confirm_settled()
    kCounted,    // the answer to count_queue(): `queue` is set
  };
  Kind kind = Kind::kNone;
  Delivery delivery;
  QueueFacts queue = {};
};

class Source {
 public:
  // Drops the link, unless it was closed.
  virtual ~Source() = default;

  // The next event, without waiting. Whatever ends the stream of deliveries (a lost link, a deleted
  // queue, a closed channel) is an Error. Also sends and checks heartbeats, hence must be called at
  // least every heartbeat_period().
  virtual Result<SourceEvent> next() = 0;

  // Each of these sends a request, or keeps it until there is room for it, and does not wait for
  // its answer, which next() reports.

  // The broker is to send at most `prefetch` unsettled deliveries ahead. Only while there is no
  // consumer.
  virtual Result<Done> consume(std::size_t prefetch) = 0;
  virtual Result<Done> cancel() = 0;
  virtual Result<Done> confirm_settled() = 0;
  // Asks how many messages and consumers the queue has.
  virtual Result<Done> count_queue() = 0;
  // From consume() until the broker has accepted cancel().
  virtual bool has_consumer() const = 0;

  // Acknowledges all deliveries up to and including `tag` that are not settled otherwise; or this
  // one alone.
  virtual Result<Done> acknowledge_up_to(DeliveryTag tag) = 0;
  virtual Result<Done> acknowledge(DeliveryTag tag) = 0;
  // Drops the delivery, or dead-letters it by the policy of the queue.
  virtual Result<Done> reject(DeliveryTag tag) = 0;
  // Puts the delivery back into its queue; or all deliveries up to and including `tag` that are not
  // settled.
  virtual Result<Done> give_back(DeliveryTag tag) = 0;
  virtual Result<Done> give_back_up_to(DeliveryTag tag) = 0;

  // Sends what was kept, as far as there is room.
  virtual Result<Done> send_waiting() = 0;
  virtual bool is_sending() const = 0;

  // To be polled for reading once next() has returned kNone, and for writing while is_sending().
  virtual int fd() const = 0;
  virtual Duration heartbeat_period() const = 0;

  // Ends the link with a handshake; nothing else may be asked afterwards.
  virtual void close() = 0;

  // «queue q on RabbitMQ host:port, virtual host v»: for logs.
  virtual std::string describe() const = 0;
  // «host:port» of the broker in use.
  virtual std::string host() const = 0;
  // The broker's version by its own word; empty when it gives none.
  virtual std::string server_version() const = 0;
  // When the first certificate expires that the link hangs on, as Unix time; 0: without TLS.
  virtual std::int64_t certificates_until() const { return 0; }
};

}  // namespace event_consumer
