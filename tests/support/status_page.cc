#include "tests/support/status_page.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>

#include <stdexcept>

#include "common/clock.h"
#include "tests/support/free_port.h"

namespace event_consumer::testing {

int serve_status(Environment& environment) {
  const int port = free_port();
  environment["EVENT_CONSUMER_STATUS_ADDRESS"] = "127.0.0.1:" + std::to_string(port);
  return port;
}

StatusPage get_status_page(int port, const std::string& path) {
  httplib::Client client("127.0.0.1", port);
  client.set_connection_timeout(5);
  client.set_read_timeout(5);
  const TimePoint begin = Clock::now();
  const httplib::Result result = client.Get(path);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (!result) return {0, httplib::to_string(result.error()), seconds};
  return {result->status, result->body, seconds};
}

UniqueFd connect_to_status(int port) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("nothing listens on port " + std::to_string(port));
  return fd;
}

}  // namespace event_consumer::testing
