// WireTap: a proxy on 127.0.0.1 in front of the broker that counts what passes: how many deliveries
// the broker really sent. It changes nothing; a connection that ends on one side ends on the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "tests/support/tcp_proxy.h"

namespace event_consumer::testing {

class WireTap {
 public:
  // Passes connections on to that port of 127.0.0.1.
  explicit WireTap(int port);

  // The AMQP URL of this side.
  std::string url() const;

  // How many deliveries have been sent to the clients so far.
  std::uint64_t deliveries() const { return deliveries_; }

 private:
  std::atomic<std::uint64_t> deliveries_{0};
  TcpProxy proxy_;
};

}  // namespace event_consumer::testing
