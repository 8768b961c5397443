#include "tests/support/dead_name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/support/process.h"

namespace event_consumer::testing {
namespace {

// Each test program has its own: 127.53.x.y.
sockaddr_in own_address() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(0x7f350000u + 1 + static_cast<std::uint32_t>(getpid()) % 0xfffeu);
  return address;
}

UniqueFd listen_for_questions() {
  UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_in address = own_address();
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return socket;
  return UniqueFd();
}

}  // namespace

bool dead_name_servers_are_possible() {
  Command command;
  command.argv = {"unshare", "--mount", "mount", "--bind", "/dev/null", "/etc/resolv.conf"};
  return listen_for_questions().get() >= 0 && run(command, std::chrono::seconds(10)).ok();
}

DeadNameServer::DeadNameServer() : socket_(listen_for_questions()) {
  if (socket_.get() < 0) throw std::runtime_error("cannot listen on port 53");
  // Left to itself the resolver would wait for minutes.
  write_file(directory_.path() + "/resolv.conf", std::string("nameserver ") +
                                                     inet_ntoa(own_address().sin_addr) +
                                                     "\noptions timeout:30 attempts:5\n");
  write_file(event_consumer(),
             "#!/bin/sh\nexec unshare --mount sh -ec '\n"
             "mount --bind \"$1/resolv.conf\" /etc/resolv.conf\nshift\nexec \"$@\"' sh \"" +
                 directory_.path() + "\" \"" + program_directory() + "/event-consumer\" \"$@\"\n",
             0755);
}

int DeadNameServer::take_questions() const {
  int questions = 0;
  for (char byte; recv(socket_.get(), &byte, 1, 0) >= 0;) ++questions;
  return questions;
}

}  // namespace event_consumer::testing
