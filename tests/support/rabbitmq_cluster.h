// RabbitmqCluster: three RabbitMQ nodes of one cluster on this machine. They listen on loopback
// addresses of their own, between which links can be cut without a word, as by a network that
// fails: with nft, so the program must be alone in a network namespace (`unshare --net`, as root).
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "tests/support/rabbitmq_server.h"

namespace event_consumer::testing {

class RabbitmqCluster {
 public:
  static constexpr std::size_t kNodes = 3;

  // Returns when all three are one cluster, which pauses a minority. Throws like RabbitmqServer.
  RabbitmqCluster();

  RabbitmqServer& node(std::size_t number) { return nodes_.at(number); }

  // What RABBITMQ_URL is for a service that tries the nodes from this one on; the three of them, or
  // as many as `count` says.
  std::string urls(std::size_t first, std::size_t count = kNodes, const std::string& vhost = "/",
                   const std::string& user = "guest", const std::string& password = "guest") const;

  // The node where the queue is: its leader, or the only node that has it. Asks `through`.
  std::size_t leader_of(const std::string& queue, std::size_t through = 0,
                        const std::string& vhost = "/") const;

  // Nothing passes between this node and the others any more; clients reach all of them.
  void cut_off(std::size_t number);
  // Everything passes again.
  void heal();

  // Makes all nodes run, and waits until they are one cluster again.
  void ensure_whole();

 private:
  static RabbitmqOptions options_of(std::size_t number, const RabbitmqServer* first);
  bool is_whole() const;
  void wait_until_whole() const;

  std::array<RabbitmqServer, kNodes> nodes_;
};

}  // namespace event_consumer::testing
