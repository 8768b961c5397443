// Republisher: publishes dead letters again to where they came from, and reports them only when
// the broker has confirmed that a queue has each. Neither takes nor acknowledges them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "worker/amqp/confirmed_publisher.h"
#include "worker/amqp/dead_letter_queue.h"

namespace event_consumer {

class Republisher {
 public:
  // Publishes on a channel of its own of `connection`, which must outlive this object. `queue` gets
  // the letters whose own exchange is unknown, gone, or routes them nowhere.
  static Result<Republisher> open(AmqpConnection& connection, const std::string& queue);

  // Publishes all of `letters` and waits until the broker has decided on each. They lose our
  // headers. `confirmed` then says of each whether a queue has it, also on an Error: what the
  // broker has not decided on before that may have been published, and does not count.
  Result<Done> publish(const std::vector<DeadLetter>& letters, std::vector<bool>& confirmed);

  // Publishes `letter` as it is to the end of `queue`, from where it came, and waits until that is
  // confirmed. It loses the count of its returns. On an Error it may be there.
  Result<Done> renew(const DeadLetter& letter, const std::string& queue);

  // How many went straight to the queue so far.
  std::size_t diverted() const { return diverted_; }

 private:
  Republisher(AmqpConnection& connection, ConfirmedPublisher publisher, std::string queue)
      : connection_(&connection), publisher_(std::move(publisher)), queue_(std::move(queue)) {}

  // Whether it is known where the letter came from, and the exchange is there and takes messages.
  Result<bool> origin_exists(const DeadLetterFacts& facts);
  // Whether the broker lets us publish there now, and the exchange takes messages; asked once.
  Result<bool> takes(const std::string& exchange, const std::string& routing_key);
  // Sends it as it was before it died: to where it came from, or straight to the queue.
  Result<Done> send(const DeadLetter& letter, std::uint64_t id, bool direct);
  // Sends `message`, which is the letter to some address, with those of its headers.
  using HeadersOf = std::vector<amqp_table_entry_t> (*)(const amqp_table_t& headers);
  Result<Done> send(const DeadLetter& letter, OutgoingMessage message, HeadersOf headers_of);
  // Sends and reads until a message is decided.
  Result<Done> wait_for_verdict();

  AmqpConnection* connection_;
  ConfirmedPublisher publisher_;
  std::string queue_;
  std::map<std::string, bool> exchanges_;  // whether each takes messages, as far as asked
  std::size_t diverted_ = 0;
};

}  // namespace event_consumer
