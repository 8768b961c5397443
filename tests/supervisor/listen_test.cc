#include "supervisor/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/support/catch.h"

namespace event_consumer {

namespace {

int port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

TEST_CASE("listen: takes connections, waits for none, and is closed on exec", "[listen]") {
  auto listening = listen_on({"127.0.0.1", 0});
  REQUIRE(listening);
  CHECK((fcntl(listening->get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((fcntl(listening->get(), F_GETFD) & FD_CLOEXEC) != 0);
  const UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_of(listening->get())));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

TEST_CASE("listen: a taken port is said, and asked for in vain", "[listen]") {
  auto first = listen_on({"127.0.0.1", 0});
  REQUIRE(first);
  const int port = port_of(first->get());
  const auto second = listen_on({"127.0.0.1", port});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::kUsage);
  CHECK(second.error().message ==
        "cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
}

TEST_CASE("listen: a host that is none of ours, or none at all", "[listen]") {
  const auto foreign = listen_on({"192.0.2.1", 1234});
  REQUIRE_FALSE(foreign);
  // It can be that of an interface that comes up after us.
  CHECK(foreign.error().kind == ErrorKind::kUnavailable);
  CHECK(foreign.error().message ==
        "cannot listen on 192.0.2.1:1234: Cannot assign requested address");
  const auto none = listen_on({"no such host", 1234});
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::kUsage);
}

}  // namespace event_consumer
