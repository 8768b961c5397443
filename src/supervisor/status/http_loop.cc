#include "supervisor/status/http_loop.h"

#include <sys/socket.h>

#include <algorithm>
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

Result<Done> HttpLoop::run() {
  for (;;) {
    std::vector<Awaited> awaited = {{listen_fd_}};
    std::optional<TimePoint> deadline;
    for (const Client& client : clients_) {
      const bool is_answered = !client.response.empty();
      awaited.push_back({client.fd.get(), is_answered, !is_answered});
      deadline = earliest(deadline, client.until);
    }
    auto events = events_.wait(awaited, deadline);
    if (!events) return events.error();
    if (!events->signals.empty()) return Done{};
    const std::vector<int>& ready = events->ready;
    const auto is_ready = [&](int fd) {
      return std::find(ready.begin(), ready.end(), fd) != ready.end();
    };
    for (Client& client : clients_)
      if (is_ready(client.fd.get())) serve(client);
    const TimePoint now = events_.now();
    clients_.remove_if([&](const Client& client) { return client.is_done || client.until <= now; });
    if (is_ready(listen_fd_)) accept_clients(now);
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
