#include "tests/support/wire_tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <vector>

namespace event_consumer::testing {
namespace {

constexpr std::size_t kFrameHead = 7;  // type, channel, size
constexpr std::size_t kMethodHead = kFrameHead + 4;
constexpr char kMethodFrame = 1;
constexpr std::string_view kBasicDeliver("\0\x3c\0\x3c", 4);

// So much is read ahead of a side that does not take it.
constexpr std::size_t kMostWaiting = 64 * 1024;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

UniqueFd listen_on_loopback() {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_in address = loopback(0);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd.get(), SOMAXCONN) != 0)
    throw std::runtime_error("the wire tap cannot listen");
  return fd;
}

std::uint32_t frame_size(const std::string& head) {
  std::uint32_t size = 0;
  for (std::size_t i = 3; i < kFrameHead; ++i)
    size = size << 8 | static_cast<unsigned char>(head[i]);
  return size;
}

}  // namespace

std::uint64_t DeliverCounter::read(std::string_view bytes) {
  std::uint64_t count = 0;
  while (!bytes.empty()) {
    if (skip_ > 0) {
      const auto skipped = std::min<std::uint64_t>(skip_, bytes.size());
      bytes.remove_prefix(skipped);
      skip_ -= skipped;
      continue;
    }
    head_ += bytes.front();
    bytes.remove_prefix(1);
    if (head_.size() < kFrameHead) continue;
    const bool is_method = head_.front() == kMethodFrame;
    if (is_method && head_.size() < kMethodHead) continue;
    if (is_method && head_.compare(kFrameHead, 4, kBasicDeliver) == 0) ++count;
    // The rest of the payload, and the octet that ends each frame.
    skip_ = frame_size(head_) + 1 - (head_.size() - kFrameHead);
    head_.clear();
  }
  return count;
}

WireTap::WireTap(int port)
    : port_(port),
      listening_(listen_on_loopback()),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { run(); }) {}

WireTap::~WireTap() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

std::string WireTap::url() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return "amqp://guest:guest@127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
}

void WireTap::run() {
  for (;;) {
    std::vector<pollfd> polled = {{stop_.get(), POLLIN, 0}, {listening_.get(), POLLIN, 0}};
    for (const Link& link : links_) {
      const auto wanted = [](const Flow& from, const Flow& to) {
        const bool reads = !from.ended && from.waiting.size() < kMostWaiting;
        return static_cast<short>((reads ? POLLIN : 0) | (to.waiting.empty() ? 0 : POLLOUT));
      };
      polled.push_back({link.client.get(), wanted(link.to_broker, link.to_client), 0});
      polled.push_back({link.broker.get(), wanted(link.to_client, link.to_broker), 0});
    }
    poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) return;
    for (Link& link : links_) serve(link);
    links_.remove_if([](const Link& link) {
      return link.broken || (link.to_broker.ended && link.to_broker.waiting.empty() &&
                             link.to_client.ended && link.to_client.waiting.empty());
    });
    if (polled[1].revents != 0) accept_client();
  }
}

void WireTap::accept_client() {
  UniqueFd client(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  UniqueFd broker(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port_);
  // On loopback the answer comes at once; without one the client sees its connection closed.
  if (!client ||
      connect(broker.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return;
  fcntl(broker.get(), F_SETFL, O_NONBLOCK);
  Link& link = links_.emplace_back();
  link.client = std::move(client);
  link.broker = std::move(broker);
}

void WireTap::serve(Link& link) {
  move(link, link.client.get(), link.broker.get(), link.to_broker, /*is_from_broker=*/false);
  move(link, link.broker.get(), link.client.get(), link.to_client, /*is_from_broker=*/true);
}

void WireTap::move(Link& link, int from, int to, Flow& flow, bool is_from_broker) {
  std::array<char, kMostWaiting> bytes;
  if (!flow.ended && flow.waiting.size() < kMostWaiting) {
    const ssize_t got = recv(from, bytes.data(), bytes.size(), 0);
    if (got > 0) {
      flow.waiting.append(bytes.data(), static_cast<std::size_t>(got));
      if (is_from_broker)
        deliveries_ += link.counter.read({bytes.data(), static_cast<std::size_t>(got)});
    }
    flow.ended = got == 0;
    link.broken |= got < 0 && errno != EAGAIN && errno != EINTR;
    if (flow.ended && flow.waiting.empty()) shutdown(to, SHUT_WR);
  }
  if (flow.waiting.empty()) return;
  const ssize_t put = send(to, flow.waiting.data(), flow.waiting.size(), MSG_NOSIGNAL);
  if (put > 0) flow.waiting.erase(0, static_cast<std::size_t>(put));
  link.broken |= put < 0 && errno != EAGAIN && errno != EINTR;
  if (flow.ended && flow.waiting.empty()) shutdown(to, SHUT_WR);
}

}  // namespace event_consumer::testing
