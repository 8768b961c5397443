#include "supervisor/status/http.h"

#include <httplib.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace event_consumer {

namespace {

// A request that is there as a whole, and the place where the response goes. Newer versions of
// cpp-httplib ask for more of a stream than older ones: what is not overridden here by name in one
// version is in the other.
class MemoryStream : public httplib::Stream {
 public:
  explicit MemoryStream(const std::string& request) : request_(request) {}

  bool is_readable() const { return true; }
  bool wait_readable() const { return true; }
  bool is_writable() const { return true; }
  bool wait_writable() const { return true; }
  ssize_t read(char* bytes, size_t size) override {
    const std::size_t got = std::min(size, request_.size() - taken_);
    std::memcpy(bytes, request_.data() + taken_, got);
    taken_ += got;
    return static_cast<ssize_t>(got);
  }
  ssize_t write(const char* bytes, size_t size) override {
    response_.append(bytes, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }
  time_t duration() const { return 0; }

  const std::string& response() const { return response_; }

 private:
  const std::string& request_;
  std::size_t taken_ = 0;
  std::string response_;
};

using SetUp = std::function<void(httplib::Request&)>;

// A server that neither listens nor starts a thread: the loop around it keeps clients within
// bounds, which cpp-httplib's own does not.
class PageServer : public httplib::Server {
 public:
  std::string answer(const std::string& request) {
    MemoryStream stream(request);
    answer(&PageServer::process_request, stream);
    return stream.response();
  }

 private:
  static constexpr bool kCloses = true;

  // Up to cpp-httplib 0.15, and after.
  void answer(bool (httplib::Server::*process)(httplib::Stream&, bool, bool&, const SetUp&),
              MemoryStream& stream) {
    bool closed = false;
    (this->*process)(stream, kCloses, closed, nullptr);
  }
  void answer(bool (httplib::Server::*process)(httplib::Stream&, const std::string&, int,
                                               const std::string&, int, bool, bool&, const SetUp&),
              MemoryStream& stream) {
    bool closed = false;
    (this->*process)(stream, "", 0, "", 0, kCloses, closed, nullptr);
  }
};

// Without its Range fields. cpp-httplib sends a copy of the page for each range, and reads them
// with a regular expression that goes as deep into the stack as the field is long. A server may
// ignore them (RFC 9110, section 14.2).
std::string without_ranges(std::string head) {
  constexpr std::string_view kField = "\nrange:";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  auto at = head.begin();
  while ((at = std::search(at, head.end(), kField.begin(), kField.end(), same)) != head.end())
    at = head.erase(at, std::find(at + 1, head.end(), '\n'));
  return head;
}

}  // namespace

std::function<std::string(const std::string& head)> answerer(Pages pages) {
  auto server = std::make_shared<PageServer>();
  std::string paths;
  for (auto& [path, make] : pages) {
    paths += path + "\n";
    server->Get(path,
                [make = std::move(make)](const httplib::Request&, httplib::Response& response) {
                  const Page page = make();
                  response.status = page.status;
                  response.set_content(page.content, page.content_type);
                  response.set_header("Cache-Control", "no-store");
                });
  }
  server->set_error_handler([paths](const httplib::Request&, httplib::Response& response) {
    // Pages have their own content with any status.
    if (response.body.empty()) response.set_content("There are\n" + paths, "text/plain");
  });
  return [server](const std::string& head) { return server->answer(without_ranges(head)); };
}

Result<std::string> fetch(const HostPort& where, const std::string& path,
                          std::chrono::seconds timeout) {
  httplib::Client client(where.host, where.port);
  client.set_connection_timeout(timeout.count());
  client.set_read_timeout(timeout.count());
  client.set_write_timeout(timeout.count());
  const auto response = client.Get(path);
  if (response) return response->body;
  const bool refused = response.error() == httplib::Error::Connection;
  return Error{ErrorKind::kUnavailable, refused ? "nothing listens there" : "no answer"};
}

}  // namespace event_consumer
