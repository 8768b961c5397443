#include "tests/support/proxy_link.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace event_consumer::testing {
namespace {

// So much is read ahead of a side that does not take it.
constexpr std::size_t kMostWaiting = 256 * 1024;

void reset_when_closed(const UniqueFd& socket) {
  if (!socket) return;
  const linger at_once{1, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool would_wait() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

pollfd ProxyLink::Side::wanted(const Side& other) const {
  const bool reads = !ended && other.waiting.size() < kMostWaiting;
  const int events = (reads ? POLLIN : 0) | (waiting.empty() ? 0 : POLLOUT);
  // Without one the end of the other side would be reported again and again.
  return {events == 0 ? -1 : socket.get(), static_cast<short>(events), 0};
}

bool ProxyLink::Side::write() {
  while (!waiting.empty() && socket) {
    const ssize_t sent = send(socket.get(), waiting.data(), waiting.size(), MSG_NOSIGNAL);
    if (sent < 0) return would_wait();
    waiting.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

ProxyLink::ProxyLink(UniqueFd client, UniqueFd server, const MakeFilter& make_filter)
    : frozen_(!server) {
  client_.socket = std::move(client);
  server_.socket = std::move(server);
  for (const Side* side : {&client_, &server_}) {
    if (!side->socket) continue;
    const int yes = 1;
    setsockopt(side->socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(side->socket.get(), F_SETFL, O_NONBLOCK);
  }
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  getpeername(client_.socket.get(), reinterpret_cast<sockaddr*>(&peer), &size);
  client_port_ = ntohs(peer.sin_port);
  if (make_filter) filter_ = make_filter(client_port_);
}

void ProxyLink::add_to(std::vector<pollfd>& fds) const {
  if (frozen_) return;
  fds.push_back(client_.wanted(server_));
  fds.push_back(server_.wanted(client_));
}

void ProxyLink::reset() const {
  reset_when_closed(client_.socket);
  reset_when_closed(server_.socket);
}

void ProxyLink::lose_server() {
  if (frozen_) return;
  reset_when_closed(server_.socket);
  server_.socket.reset();
  server_.waiting.clear();
  server_.ended = true;
}

void ProxyLink::apply(LinkFilter::Passage passage) {
  server_.waiting += passage.to_server;
  client_.waiting += passage.to_client;
  then_ = passage.then;
}

bool ProxyLink::read(Side& from, LinkFilter::From name) {
  std::array<char, 65536> buffer;
  Side& to = &from == &client_ ? server_ : client_;
  if (from.ended || then_ != LinkFilter::Then::kGoOn || to.waiting.size() >= kMostWaiting)
    return true;
  const ssize_t count = recv(from.socket.get(), buffer.data(), buffer.size(), 0);
  if (count < 0) return would_wait();
  if (count == 0) {
    from.ended = true;
    return true;
  }
  if (!to.socket) return true;  // it is lost: nobody sees these
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
  if (filter_)
    apply(filter_->pass(name, bytes));
  else
    to.waiting += bytes;
  return true;
}

bool ProxyLink::serve() {
  if (frozen_) return true;
  bool is_there =
      read(client_, LinkFilter::From::kClient) && read(server_, LinkFilter::From::kServer);
  const bool has_something = !all_sent();
  is_there = is_there && client_.write() && server_.write();
  if (!is_there) {
    reset();
    return false;
  }
  if (!server_.socket) return !client_.ended;
  if (!all_sent()) return true;
  if (filter_ && has_something) filter_->passed();
  if (then_ == LinkFilter::Then::kReset) reset();
  return then_ == LinkFilter::Then::kGoOn && !client_.ended && !server_.ended;
}

}  // namespace event_consumer::testing
