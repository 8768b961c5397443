// DeadLetterSink on a real broker: publishes to the dead-letter queue through the default exchange,
// with confirms and `mandatory`, on a connection of its own (a broker that is short of memory stops
// reading from connections that publish), in pieces, and never more than the socket has room for:
// so a broker that reads nothing holds up nothing else. What is not confirmed is kept, and sent
// again on a new connection when the queue has refused: so a refusal costs neither the deliveries
// in hand nor the link they came by.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "worker/amqp/connection.h"
#include "worker/message/dead_letter_sink.h"

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
  bool refuses() const override { return refuses_; }
  void forget() override;
  std::size_t unconfirmed_bytes() const override { return unconfirmed_bytes_; }

  // After a refusal, which closes the connection: connects anew, sees to the queue and sends
  // everything that is not confirmed again. The Error is open()'s, or says that the link is lost;
  // whether the queue takes the messages is told by refuses() and next_confirmed().
  Result<Done> try_again() override;

  Result<Done> ask_message_count() override;
  std::uint64_t message_count() const override { return message_count_; }

  int fd() const override { return connection_.is_open() ? connection_.fd() : -1; }
  bool is_sending() const override { return sent_letters_ < unconfirmed_.size(); }
  void close() override;
  // Closes at once; until another sink is assigned to this one, nothing may be asked of it.
  void drop() { connection_.drop(); }

 private:
  struct Letter {
    DeliveryTag tag;
    std::string body;
    std::string exchange;
    std::string routing_key;
    std::string properties;
    Rejection rejection;
    bool confirmed = false;
    bool forgotten = false;
  };

  AmqpDeadLetters(AmqpConnection connection, std::string name, std::string queue)
      : connection_(std::move(connection)), name_(std::move(name)), queue_(std::move(queue)) {}

  Result<Done> send_what_fits();
  Result<Done> send_head(const Letter& letter);
  Result<Done> send_piece(const Letter& letter);
  Result<Done> send_frame(amqp_frame_t& frame);
  Result<Done> read_confirms();
  Result<Done> handle(const amqp_method_t& method);
  void report_blocked(const amqp_method_t& method) const;
  // Confirms count the messages of a channel from 1 and may come out of order.
  void confirm(std::uint64_t sequence_number, bool multiple);
  bool oldest_is_confirmed() const {
    return !unconfirmed_.empty() && unconfirmed_.front().confirmed;
  }
  Error refused(const std::string& why);

  AmqpConnection connection_;
  std::string name_;
  std::string queue_;
  std::deque<Letter> unconfirmed_;         // in the order of publish()
  std::size_t sent_letters_ = 0;           // the first so many of them
  std::optional<std::size_t> sent_bytes_;  // of the next one's body, once its head is sent
  std::uint64_t reported_ = 0;             // sequence number of the last one that has left it
  std::size_t unconfirmed_bytes_ = 0;
  std::uint64_t message_count_ = 0;
  bool refuses_ = false;
};

}  // namespace event_consumer
