#include "worker/host_name.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include "worker/background.h"

namespace event_consumer {
namespace {

constexpr int kTimeoutMs = 10'000;

}  // namespace

std::optional<int> look_up(const std::string& host) {
  Background<int> answer([host] {
    addrinfo* addresses = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, nullptr, &addresses);
    if (error == 0) freeaddrinfo(addresses);
    return error;
  });
  pollfd answered{answer.fd(), POLLIN, 0};
  poll(&answered, 1, kTimeoutMs);
  return answer.take();
}

}  // namespace event_consumer
