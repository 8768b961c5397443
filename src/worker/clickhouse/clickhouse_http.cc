#include "worker/clickhouse/clickhouse_http.h"

#include <httplib.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "common/clock.h"
#include "common/log.h"
#include "worker/clickhouse/clickhouse_diagnosis.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/tls.h"

namespace event_consumer {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};

// In less than this a TLS port hangs up on a client that does not speak TLS.
constexpr std::chrono::milliseconds kAtOnce{500};

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

// All versions send X-ClickHouse-Server-Display-Name with every answer to a query.
bool has_clickhouse_header(const httplib::Response& response) {
  const std::string own = "x-clickhouse-";
  return std::any_of(response.headers.begin(), response.headers.end(), [&](const auto& header) {
    return header.first.size() > own.size() &&
           std::equal(own.begin(), own.end(), header.first.begin(), [](char a, char b) {
             return a == std::tolower(static_cast<unsigned char>(b));
           });
  });
}

// The library takes an answer without a length that ends early for a whole one.
bool is_framed(const httplib::Response& response) {
  return response.has_header("Content-Length") || response.has_header("Transfer-Encoding");
}

HttpAnswer to_answer(const httplib::Response& response) {
  HttpAnswer answer{response.status, response.body};
  if (!has_clickhouse_header(response)) {
    answer.missing = "a header X-ClickHouse-…";
  } else if (!is_framed(response)) {
    answer.missing = "a length";
  } else {
    std::optional<std::string> announced;
    if (response.has_header("X-ClickHouse-Exception-Code"))
      announced = response.get_header_value("X-ClickHouse-Exception-Code");
    answer.exception = exception_code(announced, response.body);
  }
  return answer;
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
  std::unique_ptr<httplib::ClientImpl> http;
  int socket = -1;             // of the connection in use
  bool has_answered = false;   // so it is no TLS port spoken to without TLS
  httplib::SSLClient* tls;     // http, when it speaks TLS
  TlsPeer peer;                // only with TLS
  std::optional<Error> fault;  // it cannot even be tried

  explicit Client(const ClickHouseServer& server);
  HttpAnswer no_answer(httplib::Error error, Duration after) const;
};

ClickHouseHttp::Client::Client(const ClickHouseServer& server) {
  if (!server.tls) {
    http = std::make_unique<httplib::ClientImpl>(server.host, server.port);
    tls = nullptr;
    return;
  }
  auto client = std::make_unique<httplib::SSLClient>(server.host, server.port);
  tls = client.get();
  http = std::move(client);
  peer = {server.host, trusted_ca_file(server.ca_file), "--clickhouse-ca-file"};
  if (auto done = demand_verified_peer(tls->ssl_context(), peer); !done) fault = done.error();
  // Named here too, because the library adds the system's otherwise.
  tls->set_ca_cert_path(peer.ca_file.c_str());
  tls->enable_server_certificate_verification(true);
}

HttpAnswer ClickHouseHttp::Client::no_answer(httplib::Error error, Duration after) const {
  HttpAnswer answer;
  if (error == httplib::Error::SSLConnection || error == httplib::Error::SSLServerVerification) {
    const bool rejected = error == httplib::Error::SSLServerVerification;
    const Error fault = handshake_error("no connection with TLS", peer,
                                        rejected ? tls->get_openssl_verify_result() : 0);
    answer.body = fault.message;
    answer.no_answer =
        fault.kind == ErrorKind::kConfiguration ? NoAnswer::kMisconfigured : NoAnswer::kNoHandshake;
    return answer;
  }
  answer.body = to_words(error);
  if (error == httplib::Error::Connection) answer.no_answer = NoAnswer::kNotConnected;
  if (error == httplib::Error::Read && tls == nullptr && !has_answered && after < kAtOnce)
    answer.body += " (if this is its TLS port, set --clickhouse-tls on)";
  return answer;
}

ClickHouseServer clickhouse_server(const Options& options) {
  const auto& hosts = options.clickhouse_hosts;
  return {hosts.front().host,         hosts.front().port,
          options.clickhouse_user,    options.clickhouse_password,
          options.clickhouse_timeout, options.clickhouse_tls,
          options.clickhouse_ca_file, {hosts.begin() + 1, hosts.end()}};
}

std::string ClickHouseServer::describe() const {
  return "ClickHouse " + HostPort{host, port}.describe();
}

ClickHouseHttp::ClickHouseHttp(const ClickHouseServer& server) : server_(server) { connect(); }

ClickHouseHttp::~ClickHouseHttp() = default;
ClickHouseHttp::ClickHouseHttp(ClickHouseHttp&&) noexcept = default;
ClickHouseHttp& ClickHouseHttp::operator=(ClickHouseHttp&&) noexcept = default;

void ClickHouseHttp::connect() {
  client_ = std::make_unique<Client>(server_);
  httplib::ClientImpl& http = *client_->http;
  http.set_keep_alive(true);
  http.set_url_encode(false);
  http.set_connection_timeout(std::min(kConnectTimeout, server_.timeout));
  http.set_read_timeout(server_.timeout);
  http.set_write_timeout(server_.timeout);
  http.set_socket_options([client = client_.get()](int socket) {
    prepare_socket(socket);
    client->socket = socket;
  });
  http.set_default_headers(
      {{"X-ClickHouse-User", server_.user}, {"X-ClickHouse-Key", server_.password}});
}

void ClickHouseHttp::use_next_server(const std::string& why) {
  auto& others = server_.alternatives;
  if (others.empty()) return;
  const std::string left = server_.describe();
  others.push_back({server_.host, server_.port});
  server_.host = others.front().host;
  server_.port = others.front().port;
  others.erase(others.begin());
  ++server_changes_;
  const std::string change = left + ": " + why + "; now using " + server_.describe();
  if (log_limiter_.is_news(change, Clock::now())) log::warn("{}", change);
  connect();
}

void ClickHouseHttp::use_password(const std::string& password) {
  server_.password = password;
  connect();
}

HttpAnswer ClickHouseHttp::post(const QueryParameters& parameters, std::string_view header,
                                std::string_view body) {
  const HttpAnswer answer = post_once(parameters, header, body);
  if (answer.status == 0 || !answer.missing.empty()) ++connection_losses_;
  if (answer.ok()) log_limiter_.over();
  if (answer.server_is_away())
    use_next_server(answer.status == 0 ? answer.body : "HTTP " + std::to_string(answer.status));
  // The next try reads the CA file anew: it may have been put right by then.
  if (answer.misconfigured() && server_.alternatives.empty()) connect();
  return answer;
}

HttpAnswer ClickHouseHttp::post_once(const QueryParameters& parameters, std::string_view header,
                                     std::string_view body) {
  if (client_->fault) return {0, client_->fault->message, 0, NoAnswer::kMisconfigured};
  const TimePoint start = Clock::now();
  const auto write = [&](std::size_t offset, std::size_t, httplib::DataSink& sink) {
    const auto rest =
        offset < header.size() ? header.substr(offset) : body.substr(offset - header.size());
    if (sink.write(rest.data(), rest.size())) return true;
    reset_connection(client_->socket);
    return false;
  };
  const auto result = client_->http->Post(to_path(parameters).c_str(), header.size() + body.size(),
                                          write, "application/octet-stream");
  if (!result) return client_->no_answer(result.error(), Clock::now() - start);
  client_->has_answered = true;
  return to_answer(*result);
}

Result<std::string> run_query(ClickHouseHttp& http, const std::string& query) {
  const ClickHouseServer server = http.server();  // a failed post may change it
  const std::string where = server.describe();
  const HttpAnswer answer = http.post({{"wait_end_of_query", "1"}}, "", query);
  if (answer.ok()) return answer.body;
  if (answer.status == 0)
    return Error{answer.misconfigured() ? ErrorKind::kConfiguration : ErrorKind::kUnavailable,
                 with_remedy("cannot reach " + where + ": " + answer.body,
                             diagnose_clickhouse(answer, server).remedy)};
  const ErrorClass error_class = classify_failure(answer.status, answer.exception, answer.body);
  const Diagnosis diagnosis = diagnose_clickhouse(answer, server);
  const std::string said = answer.status == 200 && !answer.missing.empty()
                               ? " answered «" + query + "» with " + diagnosis.cause
                               : " refused «" + query + "»: HTTP " + std::to_string(answer.status) +
                                     ", " + shorten_cause(answer.body);
  return Error{
      error_class == ErrorClass::kTransient ? ErrorKind::kUnavailable : ErrorKind::kConfiguration,
      with_remedy(where + said, diagnosis.remedy), answer.exception};
}

}  // namespace event_consumer
