#include "supervisor/status/http_loop.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <vector>

namespace event_consumer {

namespace {

constexpr char kTooLong[] =
    "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: "
    "close\r\n\r\n";

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

void HttpLoop::run() {
  for (;;) {
    std::vector<pollfd> fds = {{stop_fd_, POLLIN, 0}, {listen_fd_, POLLIN, 0}};
    std::optional<TimePoint> deadline;
    for (const Client& client : clients_) {
      const short awaited = client.response.empty() ? POLLIN : POLLOUT;
      fds.push_back({client.fd.get(), awaited, 0});
      deadline = earliest(deadline, client.until);
    }
    poll(fds.data(), fds.size(), poll_timeout_ms(deadline, Clock::now()));
    if (fds[0].revents != 0) return;
    auto polled = fds.cbegin() + 2;
    for (Client& client : clients_)
      if ((polled++)->revents != 0) serve(client);
    const TimePoint now = Clock::now();
    clients_.remove_if([&](const Client& client) { return client.is_done || client.until <= now; });
    if (fds[1].revents != 0) accept_clients(now);
  }
}

void HttpLoop::accept_clients(TimePoint now) {
  for (;;) {
    UniqueFd fd(accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    if (clients_.size() == kMostClients) clients_.pop_front();
    Client client;
    client.fd = std::move(fd);
    client.until = now + kPatience;
    clients_.push_back(std::move(client));
    // Most requests are there as soon as their connection.
    serve(clients_.back());
    if (clients_.back().is_done) clients_.pop_back();
  }
}

void HttpLoop::serve(Client& client) {
  if (client.response.empty()) read_request(client);
  if (!client.response.empty() && !client.is_done) send_response(client);
}

void HttpLoop::read_request(Client& client) {
  std::array<char, 4096> bytes;
  const ssize_t got = recv(client.fd.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) {
    client.is_done = got == 0 || !would_block();
    return;
  }
  client.request.append(bytes.data(), static_cast<std::size_t>(got));
  const std::size_t end = client.request.find("\r\n\r\n");
  if (end != std::string::npos && end < kLongestHead)
    client.response = answer_(client.request.substr(0, end + 4));
  else if (client.request.size() >= kLongestHead)
    client.response = kTooLong;
}

void HttpLoop::send_response(Client& client) {
  const std::string& response = client.response;
  const ssize_t sent = send(client.fd.get(), response.data() + client.sent,
                            response.size() - client.sent, MSG_NOSIGNAL);
  if (sent < 0) {
    client.is_done = !would_block();
    return;
  }
  client.sent += static_cast<std::size_t>(sent);
  client.is_done = client.sent == response.size();
}

}  // namespace event_consumer
