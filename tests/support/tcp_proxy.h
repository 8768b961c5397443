// TcpProxy: a network between a program and a server of the test that can go wrong: links that are
// dead and do not say so, and a server that accepts connections and says nothing.
#pragma once

#include <list>
#include <mutex>
#include <thread>

#include "common/unique_fd.h"

namespace event_consumer::testing {

class TcpProxy {
 public:
  // Forwards connections to this port of 127.0.0.1.
  explicit TcpProxy(int target_port);
  ~TcpProxy();

  int port() const { return port_; }

  // The links of now stay open on both sides and carry nothing any more, as behind a router that
  // has forgotten them. New ones work.
  void freeze_links();

  // Resets all links. From now on connections are accepted and nothing is said on them.
  void fall_silent();
  // Resets those, and forwards again.
  void speak();

 private:
  struct Link {
    UniqueFd client;
    UniqueFd server;      // none when it was accepted in silence
    bool frozen = false;  // neither side is read any more
  };

  void run();
  void accept_link();
  void reset_links();

  int target_port_;
  int port_;
  UniqueFd listener_;
  UniqueFd ending_;
  std::mutex mutex_;  // guards what follows
  std::list<Link> links_;
  bool silent_ = false;
  std::thread thread_;
};

}  // namespace event_consumer::testing
