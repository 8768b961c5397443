// DeadNameServer: a name server that takes questions and answers none, for programs that are
// started through it: each sees an /etc/resolv.conf of its own, and asks with the system's real
// resolver.
#pragma once

#include <string>

#include "common/unique_fd.h"
#include "tests/support/files.h"

namespace event_consumer::testing {

// Whether the machine lets us mount, and listen on port 53: the resolver knows no other.
bool dead_name_servers_are_possible();

class DeadNameServer {
 public:
  DeadNameServer();

  // The path of a program that is build/event-consumer in front of this server.
  std::string event_consumer() const { return directory_.path() + "/event-consumer"; }

  // How many questions have come since the last call.
  int take_questions() const;

 private:
  PrivateDirectory directory_{"dead-name-server"};
  UniqueFd socket_;
};

}  // namespace event_consumer::testing
