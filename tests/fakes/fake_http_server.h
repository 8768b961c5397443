// FakeHttpServer: answers HTTP requests on a loopback port of its own with what the test says, byte
// by byte, and remembers them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
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
  // Called for each request, one at a time, on a thread of the server. Returns the bytes to send;
  // after an answer without a length, or none at all, the connection is closed.
  using Handler = std::function<std::string(const HttpRequest&)>;

  explicit FakeHttpServer(Handler handler);
  ~FakeHttpServer();

  // What a handler returns when the answer is that of a later answer_waiting().
  static constexpr char kLater[] = "later";
  void answer_waiting(const std::string& answer);

  int port() const { return listener_.port(); }
  std::vector<HttpRequest> requests() const;
  int connections() const { return connections_; }

 private:
  void run();
  void serve(UniqueFd connection);
  std::string answer(const HttpRequest& request);
  // Whether there is something to read, or to accept, before the test ends.
  bool wait_for(int fd);
  bool read_request(int connection, std::string& unread, HttpRequest& request);

  Handler handler_;
  LoopbackListener listener_;
  EventFd ending_;
  std::mutex handling_;
  mutable std::mutex mutex_;  // of all below
  std::vector<HttpRequest> requests_;
  std::condition_variable changed_;
  std::optional<std::string> late_answer_;
  bool is_ending_ = false;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace event_consumer::testing
