// HttpServer: serves pages over HTTP on libmicrohttpd, in the thread that turns it, for whoever
// comes. What a client can take is bounded: time, memory for its request, and with all others the
// number of connections and the bytes of answers on their way. Who is over a bound is pushed out,
// the one that is connected longest first: those that only hold a connection go before those that
// ask. Every connection ends with its first answer.
//
//   auto server = HttpServer::start(listen_fd, pages);
//   for (;;) {
//     wait until (*server)->fd() is readable or (*server)->deadline() has passed;
//     (*server)->turn(now);
//   }
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace event_consumer {

struct Page {
  int status;  // of HTTP
  std::string content_type;
  std::string content;
};

// By path: what is made anew at each request.
using Pages = std::map<std::string, std::function<Page()>>;

class HttpServer {
 public:
  static constexpr std::chrono::seconds kPatience{5};  // for a connection, from first to last
  static constexpr std::size_t kMostClients = 256;
  static constexpr std::size_t kConnectionBytes = 16 * 1024;  // for a request and its head's answer
  static constexpr std::size_t kMostAnswerBytes = 8 << 20;    // of all clients together

  // Serves on `listen_fd`, which must not block, and stays with the caller. GET and HEAD get a
  // page, whole whatever ranges are asked for; 404 and 405 say which pages there are. On loopback
  // 403 answers who came by another name than is_local_host() takes. Error (kInternal) when the
  // library cannot start.
  static Result<std::unique_ptr<HttpServer>> start(int listen_fd, Pages pages,
                                                   std::string own_name);

  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Readable when turn() has something to do.
  int fd() const;
  // When it has without that.
  std::optional<TimePoint> deadline(TimePoint now) const;
  // Does what can be done without waiting: takes connections, reads, answers, pushes out.
  void turn(TimePoint now);

 private:
  struct Client {
    int fd;  // the library's
    TimePoint until;
    std::size_t answer_bytes = 0;
    bool is_pushed_out = false;
  };
  // The library's callbacks, by their C types.
  struct Callbacks;

  HttpServer(Pages pages, std::string own_name, bool is_on_loopback);

  Client* add_client(int fd);
  void remove_client(const Client* client);
  // Returns whether the answer could be queued.
  bool answer(MHD_Connection* connection, Client& client, const std::string& path,
              std::string_view method);
  Page page_for(const std::string& path, bool is_reading, std::string_view host) const;
  // For an answer of so many bytes to `client`.
  void make_room(Client& client, std::size_t bytes);
  void push_out(Client& client);

  Pages pages_;
  std::string own_name_;
  bool is_on_loopback_;
  std::string paths_;          // a line each, for who asks for another
  TimePoint now_{};            // of the present turn
  std::list<Client> clients_;  // the one connected longest first
  std::size_t answer_bytes_ = 0;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace event_consumer
