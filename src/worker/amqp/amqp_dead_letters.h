// AmqpDeadLetters: DeadLetterSink on a real broker. Publishes to the dead-letter queue through the
// default exchange, on a connection of its own (a broker that is short of memory stops reading from
// connections that publish). When the queue has refused, every message that is not confirmed is
// sent again on a new connection: a refusal costs neither the deliveries in hand nor their link.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/options.h"
#include "worker/amqp/confirmed_publisher.h"
#include "worker/amqp/connection.h"
#include "worker/background.h"
#include "worker/message/dead_letter_sink.h"

namespace event_consumer {

class AmqpDeadLetters : public DeadLetterSink {
 public:
  // Connects, declares the queue, of this type, when it does not exist, and asks for confirms. A
  // queue whose node is down refuses only what is published.
  static Result<AmqpDeadLetters> open(const AmqpUrl& url, const std::string& connection_name,
                                      const std::string& queue, QueueType type);

  // The message keeps its body and its properties, except for those that would lose, misroute or
  // refuse it in the new queue: it is made persistent, and `expiration`, `user_id` and the headers
  // CC and BCC are left out. Headers x-event-consumer-* say why it is there and where it comes
  // from. When they do not fit a frame together with the original ones, the longest of these are
  // left out.
  Result<Done> publish(const Delivery& delivery, const Rejection& rejection) override;
  Result<std::optional<DeliveryTag>> next_confirmed() override;
  bool refuses() const override { return refuses_; }
  bool is_blocked() const override { return is_blocked_; }
  void forget() override { publisher_.forget(); }
  std::size_t unconfirmed_bytes() const override { return publisher_.bytes(); }

  // After a refusal, which closes the connection: begins to connect anew. next_confirmed() then
  // sends everything that is not confirmed again, or says why there is no connection.
  Result<Done> try_again() override;

  Result<Done> ask_message_count() override;
  std::uint64_t message_count() const override { return message_count_; }

  int fd() const override;
  bool is_sending() const override;
  void close() override;

 private:
  AmqpDeadLetters(AmqpConnection connection, ConfirmedPublisher publisher, std::string name,
                  std::string queue, QueueType type)
      : connection_(std::move(connection)),
        publisher_(std::move(publisher)),
        name_(std::move(name)),
        queue_(std::move(queue)),
        type_(type) {}

  // A connection which confirms, and whose queue is there, or its node is down.
  static Result<AmqpConnection> connect(const AmqpUrl& url, const std::string& connection_name,
                                        const std::string& queue, QueueType type);
  Result<Done> take_connection();
  Result<Done> send_what_fits();
  Result<Done> handle(const amqp_frame_t& frame);
  void note_blocked(const amqp_method_t& method);
  Error refused(Error error);
  std::string describe() const {
    return "dead-letter queue " + queue_ + " on " + connection_.describe();
  }

  AmqpConnection connection_;
  std::optional<Background<Result<AmqpConnection>>> connecting_;  // after a refusal
  ConfirmedPublisher publisher_;
  std::string name_;
  std::string queue_;
  QueueType type_;  // when it has to be declared
  std::uint64_t message_count_ = 0;
  bool refuses_ = false;
  bool is_blocked_ = false;  // the present connection
};

}  // namespace event_consumer
