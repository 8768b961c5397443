#include "supervisor/status/http_server.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <vector>

#include "common/poll_loop.h"
#include "common/text.h"
#include "supervisor/listen.h"
#include "supervisor/status/fetch.h"
#include "tests/support/catch.h"

namespace event_consumer {

namespace {

constexpr std::size_t kLargeBytes = 4 << 20;

Pages pages() {
  const auto text = [](int status, const std::string& content) {
    return [=] { return Page{status, "text/plain", content}; };
  };
  return {{"/good", text(200, "fine\n")},
          {"/bad", text(503, "out of order\n")},
          {"/large", text(200, std::string(kLargeBytes, 'x'))}};
}

void send_all(const UniqueFd& fd, const std::string& bytes) {
  send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// All that comes until the other side closes.
std::string receive_all(const UniqueFd& fd) {
  std::string all;
  char bytes[4096];
  for (ssize_t got; (got = recv(fd.get(), bytes, sizeof bytes, 0)) > 0;)
    all.append(bytes, static_cast<std::size_t>(got));
  return all;
}

// A server of pages() in a thread of its own, and connections to it.
class Serving {
 public:
  explicit Serving(const std::string& host = "127.0.0.1")
      : listen_fd_(std::move(*listen_on({host, 0}))) {
    thread_ = std::thread([this] {
      auto events = PollLoop::open(signal_set({SIGUSR1}));
      auto server = std::move(*HttpServer::start(listen_fd_.get(), pages(), "box"));
      for (bool ended = false; !ended;) {
        server->turn(events->now());
        auto seen = events->wait({{server->fd()}}, server->deadline(events->now()));
        ended = !seen || !seen->signals.empty();
      }
    });
    // It takes the signal from now on.
    receive_all(ask("GET /good HTTP/1.1\r\nHost: box\r\n\r\n"));
  }
  ~Serving() {
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
    // What others have of it too is as good as before.
    int is_listening = 0;
    socklen_t size = sizeof is_listening;
    getsockopt(listen_fd_.get(), SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size);
    CHECK(is_listening == 1);
  }

  // With a small window the answer waits in the server.
  UniqueFd connect(int window_bytes = 0) const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listen_fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (window_bytes > 0)
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &window_bytes, sizeof window_bytes);
    const timeval patience{20, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    return fd;
  }

  UniqueFd ask(const std::string& request) const {
    UniqueFd client = connect();
    send_all(client, request);
    return client;
  }

  std::string answer_to(const std::string& request) const { return receive_all(ask(request)); }

  bool answers() const {
    return starts_with(answer_to("GET /good HTTP/1.1\r\nHost: box\r\n\r\n"), "HTTP/1.1 200 ");
  }

 private:
  UniqueFd listen_fd_;
  std::thread thread_;
};

std::string content_of(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("http server: a page comes with its status, type and content, and is not kept") {
  const Serving server;
  const std::string good = server.answer_to("GET /good HTTP/1.1\r\nHost: box\r\n\r\n");
  CHECK(good.rfind("HTTP/1.1 200 ", 0) == 0);
  CHECK(contains(good, "Content-Type: text/plain\r\n"));
  CHECK(contains(good, "Connection: close\r\n"));
  CHECK(contains(good, "Cache-Control: no-store\r\n"));
  CHECK(contains(good, "X-Content-Type-Options: nosniff\r\n"));
  CHECK(contains(good, "Content-Security-Policy: default-src 'none'; "));
  CHECK(contains(good, "\r\n\r\nfine\n"));
  CHECK(contains(server.answer_to("GET /bad?why HTTP/1.0\r\n\r\n"), " 503 "));
  CHECK(contains(server.answer_to("GET /bad HTTP/1.1\r\nHost: box\r\n\r\n"),
                 "\r\n\r\nout of order\n"));
}

TEST_CASE("http server: HEAD has no content") {
  const std::string head = Serving().answer_to("HEAD /good HTTP/1.1\r\nHost: box\r\n\r\n");
  CHECK(head.rfind("HTTP/1.1 200 ", 0) == 0);
  CHECK(contains(head, "Content-Length: 5\r\n"));
  CHECK_FALSE(contains(head, "fine"));
}

TEST_CASE("http server: what there is not, is told with what there is") {
  const Serving server;
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: box\r\n\r\n", "GET /good/more HTTP/1.1\r\nHost: box\r\n\r\n",
        "POST /no HTTP/1.1\r\nHost: box\r\nContent-Length: 0\r\n\r\n"}) {
    INFO(request);
    const std::string response = server.answer_to(request);
    CHECK(response.rfind("HTTP/1.1 404 ", 0) == 0);
    CHECK(contains(response, "/bad\n/good\n"));
  }
}

TEST_CASE("http server: what a page cannot be asked for is told with what it can") {
  const Serving server;
  for (const char* request :
       {"POST /good HTTP/1.1\r\nHost: box\r\nContent-Length: 0\r\n\r\n",
        "POST /good HTTP/1.1\r\nHost: box\r\nContent-Length: 99999999999999\r\n\r\n",
        "DELETE /good HTTP/1.1\r\nHost: box\r\n\r\n", "BREW /good HTTP/1.1\r\nHost: box\r\n\r\n"}) {
    INFO(request);
    const std::string response = server.answer_to(request);
    CHECK(response.rfind("HTTP/1.1 405 ", 0) == 0);
    CHECK(contains(response, "Allow: GET, HEAD\r\n"));
    CHECK(contains(response, "/bad\n/good\n"));
  }
}

TEST_CASE("http server: what is no request is refused") {
  const Serving server;
  for (const std::string& request :
       {std::string(200, '\0') + "\r\n\r\n", std::string("GET /good HTTP/7.7\r\n\r\n"),
        std::string("GET\r\n\r\n"),
        std::string("GET /good HTTP/1.1\r\nHost: box\r\nno field\r\n\r\n")}) {
    INFO(request.substr(0, 40));
    const UniqueFd client = server.ask(request);
    shutdown(client.get(), SHUT_WR);
    const std::string response = receive_all(client);
    CHECK_FALSE(contains(response, "fine"));
    CHECK((response.empty() || contains(response.substr(0, 13), " 4") ||
           contains(response.substr(0, 13), " 5")));
  }
  CHECK(server.answers());
}

TEST_CASE("http server: a page comes once and whole, whichever ranges of it are asked for") {
  std::string many = "bytes=0-";
  for (int i = 0; i < 2'600; ++i) many += ",0-";
  const Serving server;
  for (const std::string& range :
       {std::string("Range: bytes=1-2"), "Range: " + many, "rAnge:" + many,
        "Range: " + many.substr(0, 3'000) + "\r\nrange: " + many.substr(0, 3'000)}) {
    INFO(range.substr(0, 40));
    const std::string response =
        server.answer_to("GET /good HTTP/1.1\r\nHost: box\r\n" + range + "\r\n\r\n");
    CHECK(response.rfind("HTTP/1.1 200 ", 0) == 0);
    CHECK(content_of(response) == "fine\n");
  }
}

TEST_CASE("http server: on loopback a page is not for who came by a stranger's name") {
  const Serving server;
  const std::string stranger =
      server.answer_to("GET /good HTTP/1.1\r\nHost: attacker.example:9463\r\n\r\n");
  CHECK(starts_with(stranger, "HTTP/1.1 403 "));
  CHECK_FALSE(contains(stranger, "fine"));
  for (const char* host : {"localhost", "127.0.0.1:9463", "[::1]:9463", "Box"}) {
    INFO(host);
    CHECK(content_of(server.answer_to(std::string("GET /good HTTP/1.1\r\nHost: ") + host +
                                      "\r\n\r\n")) == "fine\n");
  }
  CHECK(content_of(server.answer_to("GET /good HTTP/1.0\r\n\r\n")) == "fine\n");
}

TEST_CASE("http server: on all addresses a page is for whoever asks, by any name") {
  const Serving server("0.0.0.0");
  CHECK(content_of(server.answer_to("GET /good HTTP/1.1\r\nHost: pod.example\r\n\r\n")) ==
        "fine\n");
}

TEST_CASE("http server: a request that comes byte by byte is answered") {
  const Serving server;
  const UniqueFd client = server.connect();
  for (const char byte : std::string("GET /good HTTP/1.1\r\nHost: box\r\n\r\n"))
    send_all(client, {byte});
  CHECK(contains(receive_all(client), "\r\n\r\nfine\n"));
}

TEST_CASE("http server: of many requests on a connection the first is answered, the rest not") {
  const Serving server;
  std::string requests;
  for (int i = 0; i < 1'000; ++i) requests += "GET /good HTTP/1.1\r\nHost: box\r\n\r\n";
  CHECK(content_of(server.answer_to(requests)) == "fine\n");
}

TEST_CASE("http server: of a head without an end no more is taken than the longest") {
  const Serving server;
  std::string head = "GET /good HTTP/1.1\r\nHost: box\r\n";
  while (head.size() < 100'000) head += "X: " + std::string(97, 'x') + "\r\n";
  const std::string response = server.answer_to(head + "\r\n");
  // What it has not read can take the response along.
  CHECK((response.empty() || starts_with(response, "HTTP/1.1 431 ")));
  CHECK(server.answers());
}

TEST_CASE("http server: a head without an end is refused") {
  const std::string response = Serving().answer_to("GET /good HTTP/1.1\r\nX: " +
                                                   std::string(HttpServer::kConnectionBytes, 'x'));
  CHECK((starts_with(response, "HTTP/1.1 431 ") || starts_with(response, "HTTP/1.1 413 ")));
}

TEST_CASE("http server: 200 clients that drip do not keep another from its answer") {
  const Serving server;
  std::vector<UniqueFd> dripping;
  for (int i = 0; i < 200; ++i) dripping.push_back(server.ask("G"));
  for (const char byte : std::string("ET /good")) {
    for (const UniqueFd& client : dripping) send_all(client, {byte});
    CHECK(server.answers());
  }
  // And they are not pushed out by it.
  for (const UniqueFd& client : dripping) send_all(client, " HTTP/1.1\r\nHost: box\r\n\r\n");
  for (const UniqueFd& client : dripping) CHECK(content_of(receive_all(client)) == "fine\n");
}

TEST_CASE("http server: who only holds connections is pushed out by who asks") {
  const Serving server;
  std::vector<UniqueFd> silent;
  const TimePoint begin = Clock::now();
  for (std::size_t i = 0; i < HttpServer::kMostClients + 50; ++i)
    silent.push_back(server.ask("GET /"));
  CHECK(server.answers());
  CHECK(receive_all(silent.front()).empty());
  CHECK(Clock::now() - begin < HttpServer::kPatience);
}

TEST_CASE("http server: of answers that nobody takes no more is kept than the most") {
  const Serving server;
  std::vector<UniqueFd> asking;
  for (int i = 0; i < 20; ++i) {
    asking.push_back(server.connect(/*window_bytes=*/4096));
    send_all(asking.back(), "GET /large HTTP/1.1\r\nHost: box\r\n\r\n");
    CHECK(server.answers());
  }
  std::size_t whole = 0;
  for (const UniqueFd& client : asking)
    if (content_of(receive_all(client)).size() == kLargeBytes) ++whole;
  CHECK(whole >= 1);
  CHECK(whole <= HttpServer::kMostAnswerBytes / kLargeBytes);
}

TEST_CASE("http server: nobody gets longer than the patience, however busy it looks") {
  const Serving server;
  const UniqueFd client = server.connect();
  // Between two bytes.
  const timeval pause{0, 50'000};
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
  const TimePoint begin = Clock::now();
  char byte;
  while (send(client.get(), "G", 1, MSG_NOSIGNAL) == 1 && recv(client.get(), &byte, 1, 0) < 0 &&
         errno == EAGAIN) {
  }
  CHECK(Clock::now() - begin >= HttpServer::kPatience - std::chrono::milliseconds(100));
  CHECK(Clock::now() - begin < 2 * HttpServer::kPatience);
}

TEST_CASE("fetching a page from nobody is an error in words") {
  const auto fetched = fetch({"127.0.0.1", 1}, "/status", std::chrono::seconds(1));
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().kind == ErrorKind::kUnavailable);
  CHECK(fetched.error().message == "nothing listens there");
}

}  // namespace event_consumer
