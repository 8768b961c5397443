#include "tests/fakes/fake_http_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace event_consumer::testing {

LoopbackListener::LoopbackListener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!fd_ || bind(fd_.get(), generic, size) != 0 || listen(fd_.get(), 16) != 0 ||
      getsockname(fd_.get(), generic, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "listen on 127.0.0.1");
  port_ = ntohs(address.sin_port);
}

UniqueFd LoopbackListener::accept() const {
  return UniqueFd(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

namespace {

std::string whole_answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Word\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
         body;
}

}  // namespace

std::string http_answer(int status, const std::string& body, const std::string& headers) {
  return whole_answer(status, body, "X-ClickHouse-Server-Display-Name: fake\r\n" + headers);
}

std::string foreign_answer(int status, const std::string& body) {
  return whole_answer(status, body, "");
}

FakeHttpServer::FakeHttpServer(Handler handler)
    : handler_(std::move(handler)), thread_([this] { run(); }) {}

FakeHttpServer::~FakeHttpServer() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  ending_.signal();
  thread_.join();
}

void FakeHttpServer::answer_waiting(const std::string& answer) {
  {
    const std::lock_guard lock(mutex_);
    late_answer_ = answer;
  }
  changed_.notify_all();
}

std::vector<HttpRequest> FakeHttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool FakeHttpServer::wait_for(int fd) {
  std::array<pollfd, 2> fds = {{{fd, POLLIN, 0}, {ending_.fd(), POLLIN, 0}}};
  while (poll(fds.data(), fds.size(), -1) < 0) {
  }
  return fds[1].revents == 0;
}

void FakeHttpServer::run() {
  std::vector<std::thread> serving;
  while (wait_for(listener_.fd())) {
    UniqueFd connection = listener_.accept();
    ++connections_;
    serving.emplace_back([this](UniqueFd accepted) { serve(std::move(accepted)); },
                         std::move(connection));
  }
  for (std::thread& thread : serving) thread.join();
}

void FakeHttpServer::serve(UniqueFd connection) {
  std::string unread;
  HttpRequest request;
  while (read_request(connection.get(), unread, request)) {
    const std::string bytes = answer(request);
    send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (bytes.find("Content-Length: ") == std::string::npos) return;
  }
}

std::string FakeHttpServer::answer(const HttpRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  std::unique_lock handling(handling_);
  std::string bytes = handler_(request);
  handling.unlock();
  if (bytes != kLater) return bytes;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return late_answer_ || is_ending_; });
  return std::exchange(late_answer_, std::nullopt).value_or("");
}

bool FakeHttpServer::read_request(int connection, std::string& unread, HttpRequest& request) {
  std::size_t whole = std::string::npos;
  for (;;) {
    const auto head = unread.find("\r\n\r\n");
    if (head != std::string::npos) {
      const auto line = unread.find("\r\n");
      request.line = unread.substr(0, line);
      request.headers = unread.substr(line + 2, head - line);
      const auto length = request.headers.find("Content-Length: ");
      const std::size_t body = length == std::string::npos
                                   ? 0
                                   : std::strtoul(&request.headers[length + 16], nullptr, 10);
      whole = head + 4 + body;
      if (unread.size() >= whole) {
        request.body = unread.substr(head + 4, body);
        unread.erase(0, whole);
        return true;
      }
    }
    std::array<char, 65536> buffer;
    if (!wait_for(connection)) return false;
    const ssize_t count = recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    unread.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace event_consumer::testing
