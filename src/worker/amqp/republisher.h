// Republisher: publishes dead letters again to where they came from, and reports them only when
// the broker has confirmed that a queue has each. Neither takes nor acknowledges them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "worker/amqp/dead_letter_queue.h"

namespace event_consumer {

class Republisher {
 public:
  // Publishes on a channel of its own of `connection`, which must outlive this object. `queue` gets
  // the letters whose own exchange is unknown, gone, or routes them nowhere.
  static Result<Republisher> open(AmqpConnection& connection, const std::string& queue);

  // Publishes all of `letters` and waits until each is confirmed. They lose our headers. On an
  // Error some of them may have been published, and none must be taken for published.
  Result<Done> publish(const std::vector<DeadLetter>& letters);

  // How many went straight to the queue so far.
  std::size_t diverted() const { return diverted_; }

 private:
  // A letter under way: published as number `first_ + its place` of the channel.
  struct Pending {
    const DeadLetter* letter;
    std::string exchange;
    std::string routing_key;
    bool confirmed = false;
    bool returned = false;
  };

  Republisher(AmqpConnection& connection, std::string queue)
      : connection_(&connection), queue_(std::move(queue)) {}

  Result<Pending> address(const DeadLetter& letter);
  Result<bool> exchange_exists(const std::string& exchange);
  Result<Done> send_and_wait(std::vector<Pending>& round);
  Result<Done> send(const Pending& pending);
  // Reads what the broker says to `round` until `left`, the number of unconfirmed ones, is 0.
  Result<Done> wait(std::vector<Pending>& round);
  Result<Done> handle(const amqp_method_t& method, std::vector<Pending>& round, std::size_t& left);
  Result<Done> handle_return(const amqp_method_t& method, std::vector<Pending>& round);

  AmqpConnection* connection_;
  std::string queue_;
  std::map<std::string, bool> exchanges_;  // whether each exists, as far as asked
  std::uint64_t published_ = 0;            // before the current round
  std::size_t diverted_ = 0;
};

}  // namespace event_consumer
