// WireTap: a TCP proxy on 127.0.0.1 in front of the broker that counts what passes: how many
// deliveries the broker really sent. It changes nothing; a connection that ends on one side ends on
// the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <thread>

#include "common/unique_fd.h"

namespace event_consumer::testing {

// Counts the basic.deliver methods in the bytes that a broker sends, cut anywhere (AMQP 0-9-1,
// section 2.3.5).
class DeliverCounter {
 public:
  // Returns how many began in these bytes.
  std::uint64_t read(std::string_view bytes);

 private:
  std::string head_;
  std::uint64_t skip_ = 0;
};

class WireTap {
 public:
  // Passes connections on to that port of 127.0.0.1.
  explicit WireTap(int port);
  ~WireTap();

  // The AMQP URL of this side.
  std::string url() const;

  // How many deliveries have been sent to the clients so far.
  std::uint64_t deliveries() const { return deliveries_; }

 private:
  // One direction of a connection.
  struct Flow {
    std::string waiting;  // read and not yet written
    bool ended = false;   // nothing more is to be read
  };
  struct Link {
    UniqueFd client;
    UniqueFd broker;
    Flow to_broker;
    Flow to_client;
    DeliverCounter counter;
    bool broken = false;
  };

  void run();
  void accept_client();
  void serve(Link& link);
  void move(Link& link, int from, int to, Flow& flow, bool is_from_broker);

  int port_;
  UniqueFd listening_;
  UniqueFd stop_;  // an eventfd
  std::list<Link> links_;
  std::atomic<std::uint64_t> deliveries_{0};
  std::thread thread_;
};

}  // namespace event_consumer::testing
