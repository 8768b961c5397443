#include "tests/support/tcp_proxy.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/support/free_port.h"

namespace event_consumer::testing {
namespace {

// So soon a change reaches the thread.
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

}  // namespace

TcpProxy::TcpProxy(int target_port, MakeFilter make_filter)
    : target_port_(target_port),
      make_filter_(std::move(make_filter)),
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
  for (ProxyLink& link : links_) link.freeze();
}

void TcpProxy::lose_servers(const std::function<bool(int client_port)>& is_meant) {
  const std::lock_guard lock(mutex_);
  for (ProxyLink& link : links_)
    if (is_meant(link.client_port())) link.lose_server();
}

void TcpProxy::cut_links() {
  const std::lock_guard lock(mutex_);
  reset_links();
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
  for (const ProxyLink& link : links_) link.reset();
  links_.clear();
}

void TcpProxy::accept_link() {
  UniqueFd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client) return;
  if (silent_) {
    links_.emplace_back(std::move(client), UniqueFd(), nullptr);
    return;
  }
  UniqueFd server = new_socket();
  const sockaddr_in address = loopback(target_port_);
  if (connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    server.reset();
  const bool is_there = static_cast<bool>(server);
  links_.emplace_back(std::move(client), std::move(server), is_there ? make_filter_ : nullptr);
  if (is_there) return;
  links_.back().reset();
  links_.pop_back();
}

void TcpProxy::run() {
  for (;;) {
    std::vector<pollfd> fds = {{ending_.get(), POLLIN, 0}};
    if (!stalls_) {
      fds.push_back({listener_.get(), POLLIN, 0});
      const std::lock_guard lock(mutex_);
      for (const ProxyLink& link : links_) link.add_to(fds);
    }
    poll(fds.data(), fds.size(), kTurnMs);
    if (fds[0].revents != 0) return;
    if (fds.size() == 1) continue;
    std::this_thread::sleep_for(delay_.load());
    const std::lock_guard lock(mutex_);
    if (fds[1].revents != 0) accept_link();
    links_.remove_if([](ProxyLink& link) { return !link.serve(); });
  }
}

}  // namespace event_consumer::testing
