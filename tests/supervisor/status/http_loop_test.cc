#include "supervisor/status/http_loop.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <thread>
#include <vector>

#include "common/poll_loop.h"
#include "supervisor/listen.h"
#include "tests/support/catch.h"

namespace event_consumer {

namespace {

constexpr char kResponse[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// A loop that answers every request with kResponse, and connections to it.
class Loop {
 public:
  Loop() : listen_fd_(std::move(*listen_on({"127.0.0.1", 0}))) {
    thread_ = std::thread([this] {
      auto events = PollLoop::open(signal_set({SIGUSR1}));
      const auto done = HttpLoop(listen_fd_.get(), *events, [this](const std::string& head) {
                          head_ = head;
                          return kResponse;
                        }).run();
      ended_well_ = done.ok();
    });
  }
  // Every test has seen an answer before, so that the thread takes the signal.
  ~Loop() {
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
    CHECK(ended_well_);
  }

  UniqueFd connect() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listen_fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{20, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    return fd;
  }

  // Of the request answered last; to be asked for after its response has come.
  const std::string& head() const { return head_; }

 private:
  UniqueFd listen_fd_;
  bool ended_well_ = false;
  std::string head_;
  std::thread thread_;
};

void send_all(const UniqueFd& fd, const std::string& bytes) {
  send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// All that comes until the other side closes.
std::string receive_all(const UniqueFd& fd) {
  std::string all;
  char bytes[1024];
  for (ssize_t got; (got = recv(fd.get(), bytes, sizeof bytes, 0)) > 0;)
    all.append(bytes, static_cast<std::size_t>(got));
  return all;
}

}  // namespace

TEST_CASE("http loop: a request is answered and its connection closed") {
  const Loop loop;
  const UniqueFd client = loop.connect();
  send_all(client, "GET /x HTTP/1.1\r\nHost: y\r\n\r\nwhat follows is not read");
  CHECK(receive_all(client) == kResponse);
  CHECK(loop.head() == "GET /x HTTP/1.1\r\nHost: y\r\n\r\n");
}

TEST_CASE("http loop: a request that comes byte by byte is answered") {
  const Loop loop;
  const UniqueFd client = loop.connect();
  for (const char byte : std::string("GET /x HTTP/1.1\r\n\r\n")) send_all(client, {byte});
  CHECK(receive_all(client) == kResponse);
}

TEST_CASE(
    "http loop: of many requests on a connection the first is answered, the rest is not read") {
  const Loop loop;
  const UniqueFd client = loop.connect();
  std::string requests;
  for (int i = 0; i < 1'000; ++i) requests += "GET /x HTTP/1.1\r\n\r\n";
  send_all(client, requests);
  CHECK(receive_all(client) == kResponse);
}

TEST_CASE("http loop: of a head without an end no more is taken than the longest") {
  const Loop loop;
  const UniqueFd client = loop.connect();
  std::string head = "GET /x HTTP/1.1\r\n";
  while (head.size() < 100'000) head += "X: " + std::string(97, 'x') + "\r\n";
  send_all(client, head + "\r\n");
  const std::string response = receive_all(client);
  // What it has not read can take the response along.
  CHECK((response.empty() || response.rfind("HTTP/1.1 431 ", 0) == 0));
  CHECK(loop.head().empty());
  const UniqueFd next = loop.connect();
  send_all(next, "GET /x HTTP/1.1\r\n\r\n");
  CHECK(receive_all(next) == kResponse);
}

TEST_CASE("http loop: a head without an end is refused") {
  const Loop loop;
  const UniqueFd client = loop.connect();
  send_all(client, "GET /x HTTP/1.1\r\nX: " + std::string(HttpLoop::kLongestHead, 'x'));
  CHECK(receive_all(client).rfind("HTTP/1.1 431 ", 0) == 0);
  CHECK(loop.head().empty());
}

TEST_CASE("http loop: who only holds connections is pushed out by who asks") {
  const Loop loop;
  std::vector<UniqueFd> silent;
  for (std::size_t i = 0; i < HttpLoop::kMostClients; ++i) {
    silent.push_back(loop.connect());
    send_all(silent.back(), "GET /");
  }
  const TimePoint begin = Clock::now();
  const UniqueFd client = loop.connect();
  send_all(client, "GET /x HTTP/1.1\r\n\r\n");
  CHECK(receive_all(client) == kResponse);
  CHECK(Clock::now() - begin < HttpLoop::kPatience);
  CHECK(receive_all(silent.front()).empty());
}

TEST_CASE("http loop: nobody gets longer than the patience, however busy it looks") {
  const Loop loop;
  const UniqueFd client = loop.connect();
  const TimePoint begin = Clock::now();
  send_all(client, "GET /");
  CHECK(receive_all(client).empty());
  CHECK(Clock::now() - begin >= HttpLoop::kPatience - std::chrono::milliseconds(100));
}

}  // namespace event_consumer
