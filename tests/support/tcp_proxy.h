// TcpProxy: a network between a program and a server of the test that can go wrong: links that are
// slow, dead and do not say so, or cut; a server that accepts connections and says nothing; and,
// with a LinkFilter, whatever is to become of what passes.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "common/unique_fd.h"
#include "tests/support/proxy_link.h"

namespace event_consumer::testing {

class TcpProxy {
 public:
  // Forwards connections to this port of 127.0.0.1. Each has a filter of its own when there is
  // somebody who makes it.
  explicit TcpProxy(int target_port, MakeFilter make_filter = nullptr);
  ~TcpProxy();

  int port() const { return port_; }

  // The links of now stay open on both sides and carry nothing any more, as behind a router that
  // has forgotten them. New ones work.
  void freeze_links();
  // The server sees those links of now reset whose client has a port that is meant; the program is
  // not told, and still gets what is on its way.
  void lose_servers(const std::function<bool(int client_port)>& is_meant);
  // Resets the links of now. New ones work.
  void cut_links();

  // Resets all links. From now on connections are accepted and nothing is said on them.
  void fall_silent();
  // Resets those, and forwards again.
  void speak();

  // Nothing is taken from anybody any more, until resume(); then everything goes on.
  void stall() { stalls_ = true; }
  void resume() { stalls_ = false; }
  // Whatever passes takes about so much longer.
  void delay(std::chrono::milliseconds time) { delay_ = time; }

 private:
  void run();
  void accept_link();
  void reset_links();

  int target_port_;
  MakeFilter make_filter_;
  int port_;
  UniqueFd listener_;
  UniqueFd ending_;
  std::atomic<bool> stalls_{false};
  std::atomic<std::chrono::milliseconds> delay_{std::chrono::milliseconds(0)};
  std::mutex mutex_;  // guards what follows
  std::list<ProxyLink> links_;
  bool silent_ = false;
  std::thread thread_;
};

}  // namespace event_consumer::testing
