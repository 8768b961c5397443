#include "tests/support/tcp_proxy.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "tests/support/free_port.h"

namespace event_consumer::testing {
namespace {

// So soon a change of mood reaches the thread.
constexpr int kTurnMs = 20;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

UniqueFd new_socket() { return UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

UniqueFd listen_on(int port) {
  UniqueFd listener = new_socket();
  const sockaddr_in address = loopback(port);
  const int yes = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener.get(), 16) != 0)
    throw std::system_error(errno, std::generic_category(), "proxy");
  return listener;
}

void reset(const UniqueFd& socket) {
  if (!socket) return;
  const linger at_once{1, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// What can be read goes to the other side. False at its end.
bool pass_on(const UniqueFd& from, const UniqueFd& to) {
  std::array<char, 65536> buffer;
  const ssize_t count = recv(from.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN;
  for (ssize_t sent = 0; sent < count;) {
    const ssize_t part = send(to.get(), buffer.data() + sent, count - sent, MSG_NOSIGNAL);
    if (part < 0) return false;
    sent += part;
  }
  return count > 0;
}

}  // namespace

TcpProxy::TcpProxy(int target_port)
    : target_port_(target_port),
      port_(free_port()),
      listener_(listen_on(port_)),
      ending_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { run(); }) {}

TcpProxy::~TcpProxy() {
  eventfd_write(ending_.get(), 1);
  thread_.join();
}

void TcpProxy::freeze_links() {
  const std::lock_guard lock(mutex_);
  for (Link& link : links_) link.frozen = true;
}

void TcpProxy::fall_silent() {
  const std::lock_guard lock(mutex_);
  reset_links();
  silent_ = true;
}

void TcpProxy::speak() {
  const std::lock_guard lock(mutex_);
  reset_links();
  silent_ = false;
}

void TcpProxy::reset_links() {
  for (const Link& link : links_) {
    reset(link.client);
    reset(link.server);
  }
  links_.clear();
}

void TcpProxy::accept_link() {
  Link link;
  link.client = UniqueFd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  link.frozen = silent_;
  if (!silent_) {
    link.server = new_socket();
    const sockaddr_in address = loopback(target_port_);
    if (connect(link.server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0)
      return reset(link.client);
  }
  links_.push_back(std::move(link));
}

void TcpProxy::run() {
  for (;;) {
    std::vector<pollfd> fds = {{ending_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    {
      const std::lock_guard lock(mutex_);
      for (const Link& link : links_) {
        if (link.frozen) continue;
        fds.push_back({link.client.get(), POLLIN, 0});
        fds.push_back({link.server.get(), POLLIN, 0});
      }
    }
    poll(fds.data(), fds.size(), kTurnMs);
    if (fds[0].revents != 0) return;
    const std::lock_guard lock(mutex_);
    if (fds[1].revents != 0) accept_link();
    for (auto link = links_.begin(); link != links_.end();) {
      const bool over = !link->frozen && (!pass_on(link->client, link->server) ||
                                          !pass_on(link->server, link->client));
      link = over ? links_.erase(link) : std::next(link);
    }
  }
}

}  // namespace event_consumer::testing
