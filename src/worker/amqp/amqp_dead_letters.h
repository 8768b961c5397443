// DeadLetterSink on a real broker: publishes to the dead-letter queue through the default exchange,
// with confirms and `mandatory`, on a connection of its own (a broker that is short of memory stops
// reading from connections that publish).
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "worker/amqp/connection.h"
#include "worker/dead_letter_sink.h"

namespace event_consumer {

class AmqpDeadLetters : public DeadLetterSink {
 public:
  // Connects, declares the queue durable when it does not exist, and asks for confirms.
  static Result<AmqpDeadLetters> open(const AmqpUrl& url, const std::string& connection_name,
                                      const std::string& queue);

  // The message keeps its body and its properties, except for those that would lose, misroute or
  // refuse it in the new queue: it is made persistent, and `expiration`, `user_id` and the headers
  // CC and BCC are left out. Headers x-event-consumer-* say why it is there and where it comes
  // from.
  Result<Done> publish(const Delivery& delivery, const Rejection& rejection) override;
  Result<std::optional<DeliveryTag>> next_confirmed() override;
  std::size_t unconfirmed_bytes() const override { return unconfirmed_bytes_; }

  // Asks how many messages lie in the queue; the answer comes among the confirms.
  Result<Done> ask_message_count();
  std::uint64_t message_count() const { return message_count_; }  // as answered last

  // To be polled for reading once next_confirmed() has returned nothing.
  int fd() const { return connection_.fd(); }
  Duration heartbeat_period() const { return connection_.heartbeat_period(); }
  void close() { connection_.close(); }
  // Closes at once; until another sink is assigned to this one, nothing may be asked of it.
  void drop() { connection_.drop(); }

 private:
  struct Unconfirmed {
    DeliveryTag tag;
    std::size_t bytes;
    bool confirmed;
  };

  AmqpDeadLetters(AmqpConnection connection, std::string queue)
      : connection_(std::move(connection)), queue_(std::move(queue)) {}

  Result<Done> read_confirms();
  Result<Done> handle(const amqp_method_t& method);
  // Confirms count the messages of a channel from 1 and may come out of order.
  void confirm(std::uint64_t sequence_number, bool multiple);
  bool oldest_is_confirmed() const {
    return !unconfirmed_.empty() && unconfirmed_.front().confirmed;
  }
  Error refused(const std::string& why) const;

  AmqpConnection connection_;
  std::string queue_;
  std::deque<Unconfirmed> unconfirmed_;  // in the order of publish()
  std::uint64_t reported_ = 0;           // sequence number of the last one that has left it
  std::size_t unconfirmed_bytes_ = 0;
  std::uint64_t message_count_ = 0;
};

}  // namespace event_consumer
