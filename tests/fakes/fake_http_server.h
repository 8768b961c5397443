// FakeHttpServer: answers HTTP requests on a loopback port of its own with what the test says, byte
// by byte, and remembers them. One connection at a time.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/unique_fd.h"
#include "worker/insert/event_fd.h"

namespace event_consumer::testing {

// A socket that listens on a free port of 127.0.0.1; throws std::system_error when it cannot.
class LoopbackListener {
 public:
  LoopbackListener();

  int port() const { return port_; }
  int fd() const { return fd_.get(); }
  UniqueFd accept() const;  // waits for the next connection

 private:
  UniqueFd fd_;
  int port_ = 0;
};

struct HttpRequest {
  std::string line;     // «POST /?query=… HTTP/1.1»
  std::string headers;  // all of them, without the first line
  std::string body;
};

// A whole answer as ClickHouse gives it: status line, Content-Length, a header of its own,
// `headers` (each ended by CRLF), body.
std::string http_answer(int status, const std::string& body = "", const std::string& headers = "");

// The same from somebody else: without ClickHouse's header.
std::string foreign_answer(int status, const std::string& body = "");

class FakeHttpServer {
 public:
  // Called for each request, on the server's thread. Returns the bytes to send; after an
  // answer without a length, or none at all, the connection is closed.
  using Handler = std::function<std::string(const HttpRequest&)>;

  explicit FakeHttpServer(Handler handler);
  ~FakeHttpServer();

  int port() const { return listener_.port(); }
  std::vector<HttpRequest> requests() const;
  int connections() const { return connections_; }

 private:
  void run();
  void serve(int connection);
  // Whether there is something to read, or to accept, before the test ends.
  bool wait_for(int fd);
  bool read_request(int connection, HttpRequest& request);

  Handler handler_;
  LoopbackListener listener_;
  EventFd ending_;
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  std::atomic<int> connections_{0};
  std::string unread_;
  std::thread thread_;
};

}  // namespace event_consumer::testing
