// HttpLoop: answers short HTTP requests on a listening socket, in one thread. It takes in the heads
// of requests and sends what the answerer makes of them; what they mean it does not know. Whatever
// clients do, each gets kPatience and kLongestHead and no more, and when there are too many the one
// that is connected longest has to go: those that only hold a connection are pushed out by those
// that ask.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <string>

#include "common/clock.h"
#include "common/event_loop.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace event_consumer {

class HttpLoop {
 public:
  static constexpr std::chrono::seconds kPatience{5};    // for a connection, from first to last
  static constexpr std::size_t kLongestHead = 8 * 1024;  // bytes up to the empty line
  static constexpr std::size_t kMostClients = 64;

  // Makes the whole response from the head of a request: its bytes up to and including the empty
  // line. Bodies are not read; the connection is closed after each response.
  using Answer = std::function<std::string(const std::string& head)>;

  // `listen_fd` and `events` must outlive the loop; `listen_fd` must not block.
  HttpLoop(int listen_fd, EventLoop& events, Answer answer)
      : listen_fd_(listen_fd), events_(events), answer_(std::move(answer)) {}

  // Returns at the first signal that `events` brings. The Error is one of its wait().
  Result<Done> run();

 private:
  struct Client {
    UniqueFd fd;
    TimePoint until;
    std::string request;
    std::string response;
    std::size_t sent = 0;
    bool is_done = false;
  };

  void accept_clients(TimePoint now);
  void serve(Client& client);
  void read_request(Client& client);
  void send_response(Client& client);

  int listen_fd_;
  EventLoop& events_;
  Answer answer_;
  std::list<Client> clients_;  // the one connected longest first
};

}  // namespace event_consumer
