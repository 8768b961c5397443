// LinkFilter: sees what passes on one link of a TcpProxy, and says what becomes of it. The proxy's
// thread calls it, one call at a time; it calls nothing of the proxy.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace event_consumer::testing {

class LinkFilter {
 public:
  enum class From { kClient, kServer };
  enum class Then {
    kGoOn,
    kClose,  // both sides are closed once everything is sent
    kReset,  // the same, with a reset
  };
  struct Passage {
    std::string to_server;
    std::string to_client;
    Then then = Then::kGoOn;
  };

  virtual ~LinkFilter() = default;

  // These bytes have come, cut anywhere.
  virtual Passage pass(From from, std::string_view bytes) = 0;
  // All that was to be passed has been handed to the sockets.
  virtual void passed() {}
};

// Makes the filter of a new link. The port is the client's: who it is, see proc.h.
using MakeFilter = std::function<std::unique_ptr<LinkFilter>(int client_port)>;

}  // namespace event_consumer::testing
