#include "worker/clickhouse/http.h"

#include <httplib.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "worker/clickhouse/error_class.h"

namespace event_consumer {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};

// At most so much of a server's message goes into a log line.
constexpr std::size_t kMessageBytes = 500;

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char byte : text) {
    if (kPlain.find(static_cast<char>(byte)) != std::string_view::npos) {
      encoded += static_cast<char>(byte);
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

std::string to_path(const QueryParameters& parameters) {
  std::string path = "/?";
  for (const auto& [name, value] : parameters) {
    if (path.back() != '?') path += '&';
    path += name + "=" + percent_encode(value);
  }
  return path;
}

// Of an exception that is announced without its number.
constexpr int kCodeUnknown = -1;

int leading_number(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// From the header where the server has it (not 18.16), else from «Code: N» at the start of the
// body.
int exception_code(const httplib::Response& response) {
  if (response.has_header("X-ClickHouse-Exception-Code")) {
    const int code = leading_number(response.get_header_value("X-ClickHouse-Exception-Code"));
    return code != 0 ? code : kCodeUnknown;
  }
  constexpr std::string_view kCode = "Code: ";
  const std::string_view body = response.body;
  return body.substr(0, kCode.size()) == kCode ? leading_number(body.substr(kCode.size())) : 0;
}

std::string to_words(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "cannot connect";
    case httplib::Error::Write:
    case httplib::Error::Canceled:  // by write_body, after a failed write
      return "the connection broke or stalled before the request was sent in full";
    case httplib::Error::Read:
      return "the connection was closed, or the time-out passed, before an answer came";
    default:
      return "HTTP client: " + httplib::to_string(error);
  }
}

// With lingering off, every close(2), also that of a process killed by SIGKILL, resets a connection
// whose body has not been taken in full.
void prepare_socket(int socket) {
  const linger reset{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

// Linux resets a TCP connection that is connected to «no address» (tcp_disconnect in the kernel);
// the orderly shutdown(2) that the library does next then finds nothing to end.
void reset_connection(int socket) {
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  connect(socket, &nowhere, sizeof nowhere);
}

}  // namespace

struct ClickHouseHttp::Client {
  httplib::Client http;
  int socket = -1;  // of the connection in use

  Client(const std::string& host, int port) : http(host, port) {}
};

std::string ClickHouseServer::describe() const {
  return "ClickHouse " + host + ":" + std::to_string(port);
}

ClickHouseHttp::ClickHouseHttp(const ClickHouseServer& server)
    : server_(server), client_(std::make_unique<Client>(server.host, server.port)) {
  httplib::Client& http = client_->http;
  http.set_keep_alive(true);
  http.set_url_encode(false);
  http.set_connection_timeout(std::min(kConnectTimeout, server.timeout));
  http.set_read_timeout(server.timeout);
  http.set_write_timeout(server.timeout);
  http.set_socket_options([client = client_.get()](int socket) {
    prepare_socket(socket);
    client->socket = socket;
  });
  http.set_default_headers(
      {{"X-ClickHouse-User", server.user}, {"X-ClickHouse-Key", server.password}});
}

ClickHouseHttp::~ClickHouseHttp() = default;

HttpAnswer ClickHouseHttp::post(const QueryParameters& parameters, std::string_view header,
                                std::string_view body) {
  const auto write = [&](std::size_t offset, std::size_t, httplib::DataSink& sink) {
    const auto rest =
        offset < header.size() ? header.substr(offset) : body.substr(offset - header.size());
    if (sink.write(rest.data(), rest.size())) return true;
    reset_connection(client_->socket);
    return false;
  };
  const auto result = client_->http.Post(to_path(parameters).c_str(), header.size() + body.size(),
                                         write, "application/octet-stream");
  if (!result)
    return {0, to_words(result.error()), 0, result.error() != httplib::Error::Connection};
  return {result->status, result->body, exception_code(*result)};
}

Result<std::string> run_query(ClickHouseHttp& http, const std::string& query) {
  const HttpAnswer answer = http.post({{"wait_end_of_query", "1"}}, "", query);
  if (answer.ok()) return answer.body;
  const std::string where = http.server().describe();
  if (answer.status == 0)
    return Error{ExitCode::kUnavailable, "cannot reach " + where + ": " + answer.body};
  const ErrorClass error_class = classify(answer.status, answer.exception, answer.body);
  return Error{
      error_class == ErrorClass::kTransient ? ExitCode::kUnavailable : ExitCode::kConfiguration,
      where + " refused «" + query + "»: HTTP " + std::to_string(answer.status) + ", " +
          answer.body.substr(0, kMessageBytes)};
}

}  // namespace event_consumer
