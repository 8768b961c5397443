#include "supervisor/status/http_server.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "supervisor/status/host_check.h"

namespace event_consumer {

namespace {

// The library takes up to ten connections before it looks after those that were pushed out.
constexpr unsigned kMoreWhilePushingOut = 32;

constexpr char kText[] = "text/plain; charset=utf-8";

// For every answer. What is served runs and asks for nothing from elsewhere, and nobody frames it.
constexpr std::pair<const char*, const char*> kHeaders[] = {
    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
    {MHD_HTTP_HEADER_CONNECTION, "close"},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
};

}  // namespace

struct HttpServer::Callbacks {
  static void connection(void* server, MHD_Connection* connection, void** context,
                         MHD_ConnectionNotificationCode code) {
    auto* self = static_cast<HttpServer*>(server);
    if (code == MHD_CONNECTION_NOTIFY_CLOSED)
      return self->remove_client(static_cast<Client*>(*context));
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = self->add_client(info->connect_fd);
  }

  // Bodies are not read: an answer before one ends the connection.
  static MHD_Result request(void* server, MHD_Connection* connection, const char* path,
                            const char* method, const char*, const char*, std::size_t*, void**) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    auto* client = static_cast<Client*>(info->socket_context);
    const bool done = static_cast<HttpServer*>(server)->answer(connection, *client, path, method);
    return done ? MHD_YES : MHD_NO;
  }
};

HttpServer::HttpServer(Pages pages, std::string own_name, bool is_on_loopback)
    : pages_(std::move(pages)), own_name_(std::move(own_name)), is_on_loopback_(is_on_loopback) {
  for (const auto& page : pages_) paths_ += page.first + "\n";
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(int listen_fd, Pages pages,
                                                      std::string own_name) {
  std::unique_ptr<HttpServer> server(
      new HttpServer(std::move(pages), std::move(own_name), is_on_loopback(listen_fd)));
  server->daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL, 0, nullptr, nullptr, &Callbacks::request, server.get(),
      MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT,
      static_cast<unsigned>(kMostClients) + kMoreWhilePushingOut,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes, MHD_OPTION_NOTIFY_CONNECTION,
      &Callbacks::connection, server.get(), MHD_OPTION_END);
  if (server->daemon_ == nullptr)
    return Error{ErrorKind::kInternal, "cannot start the HTTP server (libmicrohttpd)"};
  return server;
}

HttpServer::~HttpServer() {
  if (daemon_ == nullptr) return;
  // Else the library shuts the socket down, under whoever else has it.
  MHD_quiesce_daemon(daemon_);
  MHD_stop_daemon(daemon_);
}

int HttpServer::fd() const {
  return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

std::optional<TimePoint> HttpServer::deadline(TimePoint now) const {
  std::optional<TimePoint> deadline;
  MHD_UNSIGNED_LONG_LONG milliseconds = 0;
  if (MHD_get_timeout(daemon_, &milliseconds) == MHD_YES)
    deadline = now + std::chrono::milliseconds(milliseconds);
  for (const Client& client : clients_)
    if (!client.is_pushed_out) return earliest(deadline, client.until);
  return deadline;
}

void HttpServer::turn(TimePoint now) {
  now_ = now;
  for (Client& client : clients_)
    if (client.until <= now) push_out(client);
  MHD_run(daemon_);
}

HttpServer::Client* HttpServer::add_client(int fd) {
  const auto oldest = std::find_if(clients_.begin(), clients_.end(),
                                   [](const Client& each) { return !each.is_pushed_out; });
  if (clients_.size() >= kMostClients && oldest != clients_.end()) push_out(*oldest);
  clients_.push_back({fd, now_ + kPatience});
  return &clients_.back();
}

void HttpServer::remove_client(const Client* client) {
  answer_bytes_ -= client->answer_bytes;
  clients_.remove_if([&](const Client& each) { return &each == client; });
}

// The library's calls push nobody out at once: they see the end of the connection at their next
// turn.
void HttpServer::push_out(Client& client) {
  if (std::exchange(client.is_pushed_out, true)) return;
  shutdown(client.fd, SHUT_RDWR);
  answer_bytes_ -= std::exchange(client.answer_bytes, 0);
}

bool HttpServer::answer(MHD_Connection* connection, Client& client, const std::string& path,
                        std::string_view method) {
  const bool is_reading = method == MHD_HTTP_METHOD_GET || method == MHD_HTTP_METHOD_HEAD;
  const char* host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
  const Page page = page_for(path, is_reading, host == nullptr ? "" : host);
  make_room(client, page.content.size());
  MHD_Response* response = MHD_create_response_from_buffer(
      page.content.size(), const_cast<char*>(page.content.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return false;
  for (const auto& [name, value] : kHeaders) MHD_add_response_header(response, name, value);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page.content_type.c_str());
  if (page.status == MHD_HTTP_METHOD_NOT_ALLOWED)
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(page.status), response);
  MHD_destroy_response(response);
  return queued == MHD_YES;
}

Page HttpServer::page_for(const std::string& path, bool is_reading, std::string_view host) const {
  if (is_on_loopback_ && !is_local_host(host, own_name_))
    return {MHD_HTTP_FORBIDDEN, kText, "Ask for this by the name localhost, or by the address.\n"};
  const auto page = pages_.find(path);
  if (page != pages_.end() && is_reading) return page->second();
  const int status = page == pages_.end() ? MHD_HTTP_NOT_FOUND : MHD_HTTP_METHOD_NOT_ALLOWED;
  return {status, kText, "There are\n" + paths_};
}

void HttpServer::make_room(Client& client, std::size_t bytes) {
  client.answer_bytes = bytes;
  answer_bytes_ += bytes;
  for (Client& each : clients_) {
    if (answer_bytes_ <= kMostAnswerBytes) return;
    if (&each != &client && each.answer_bytes > 0) push_out(each);
  }
}

}  // namespace event_consumer
