// ProxyLink: one connection through a TcpProxy: two sockets, and what waits to be written to each,
// so that a side that does not read is in nobody else's way.
#pragma once

#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "tests/support/link_filter.h"

namespace event_consumer::testing {

class ProxyLink {
 public:
  // Without a server nothing is read and nothing said. Without a filter everything passes.
  ProxyLink(UniqueFd client, UniqueFd server, const MakeFilter& make_filter);

  int client_port() const { return client_port_; }

  // Adds what it waits for.
  void add_to(std::vector<pollfd>& fds) const;
  // Moves what can be moved without waiting. False: the link is over, and is to be destroyed.
  bool serve();

  // Stays open on both sides and carries nothing any more.
  void freeze() { frozen_ = true; }
  // The server sees a reset. The client gets what is on its way, and then nothing.
  void lose_server();
  // Destroying it resets both sides.
  void reset() const;

 private:
  struct Side {
    UniqueFd socket;
    std::string waiting;  // to be written to it
    bool ended = false;   // nothing more is to be read of it

    pollfd wanted(const Side& other) const;
    // False when it is gone.
    bool write();
  };

  // False when the side is gone.
  bool read(Side& from, LinkFilter::From name);
  void apply(LinkFilter::Passage passage);
  bool all_sent() const { return client_.waiting.empty() && server_.waiting.empty(); }

  Side client_;
  Side server_;
  int client_port_ = 0;
  std::unique_ptr<LinkFilter> filter_;
  LinkFilter::Then then_ = LinkFilter::Then::kGoOn;
  bool frozen_ = false;
};

}  // namespace event_consumer::testing
