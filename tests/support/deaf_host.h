// DeafHost: a host that answers no SYN: nobody accepts, and the queue of connections is full.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/unique_fd.h"

namespace event_consumer::testing {

class DeafHost {
 public:
  DeafHost() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    bind(listener_.get(), generic, size);
    listen(listener_.get(), 0);
    getsockname(listener_.get(), generic, &size);
    port_ = ntohs(address.sin_port);
    for (UniqueFd& filler : fillers_) {
      filler = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      connect(filler.get(), generic, size);
    }
  }

  int port() const { return port_; }

 private:
  UniqueFd listener_;
  UniqueFd fillers_[4];
  int port_ = 0;
};

}  // namespace event_consumer::testing
