#include "tests/support/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/unique_fd.h"

namespace event_consumer::testing {

namespace {

constexpr int kFirstPort = 15000;
constexpr int kPortsOfBlock = 100;
constexpr int kBlocks = 170;

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

// A block of ports that no other program of these tests is given from, as long as this object
// lives. Its name is an abstract socket address (unix(7)): like the ports it belongs to the network
// namespace, and like them it is free again when the program ends, however it ends.
class PortBlock {
 public:
  explicit PortBlock(int number)
      : next_(kFirstPort + number * kPortsOfBlock),
        end_(next_ + kPortsOfBlock),
        claim_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "event-consumer tests, ports from " + std::to_string(next_);
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const std::size_t length = offsetof(sockaddr_un, sun_path) + 1 + name.size();
    if (bind(claim_.get(), reinterpret_cast<const sockaddr*>(&address),
             static_cast<socklen_t>(length)) != 0) {
      claim_.reset();
      end_ = next_;
    }
  }

  // The next port that nobody has bound; 0 when there is none left.
  int take() {
    while (next_ < end_)
      if (const int port = next_++; can_bind(port)) return port;
    return 0;
  }

 private:
  int next_;
  int end_;
  UniqueFd claim_;
};

}  // namespace

int free_port() {
  static std::mt19937 random(std::random_device{}());
  static std::vector<PortBlock> blocks;
  std::uniform_int_distribution<int> numbers(0, kBlocks - 1);
  for (int tries = 0; tries < 1000; ++tries) {
    if (!blocks.empty())
      if (const int port = blocks.back().take()) return port;
    blocks.emplace_back(numbers(random));
  }
  throw std::runtime_error("no free TCP port on 127.0.0.1");
}

bool is_listening(int port) {
  const UniqueFd probe = tcp_socket();
  const sockaddr_in address = loopback(port);
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace event_consumer::testing
