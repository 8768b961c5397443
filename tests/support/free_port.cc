#include "tests/support/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <random>
#include <set>
#include <stdexcept>

#include "common/unique_fd.h"

namespace event_consumer::testing {

namespace {

constexpr int kFirstPort = 15000;
constexpr int kLastPort = 31999;

UniqueFd tcp_socket() { return UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool can_bind(int port) {
  const UniqueFd probe = tcp_socket();
  const sockaddr_in address = loopback(port);
  return bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

int free_port() {
  static std::mt19937 random(std::random_device{}());
  static std::set<int> given;
  std::uniform_int_distribution<int> ports(kFirstPort, kLastPort);
  for (int tries = 0; tries < 1000; ++tries) {
    const int port = ports(random);
    if (given.count(port) == 0 && can_bind(port)) {
      given.insert(port);
      return port;
    }
  }
  throw std::runtime_error("no free TCP port on 127.0.0.1");
}

bool is_listening(int port) {
  const UniqueFd probe = tcp_socket();
  const sockaddr_in address = loopback(port);
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace event_consumer::testing
