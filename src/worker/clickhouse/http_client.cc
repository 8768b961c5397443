#include "worker/clickhouse/http_client.h"

#include <httplib.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <future>
#include <optional>
#include <utility>

#include "common/clock.h"
#include "common/text.h"
#include "common/unique_fd.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/host_name.h"
#include "worker/tls.h"

namespace event_consumer {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};

// In less than this a TLS port hangs up on a client that does not speak TLS.
constexpr std::chrono::milliseconds kAtOnce{500};

// Between two heartbeats while a request is under way.
constexpr std::chrono::milliseconds kHeartbeatPeriod{100};

// The watch ends what takes too long.
constexpr std::chrono::hours kNever{24};

// Of a request; how far it is is known after each.
constexpr std::size_t kPart = 256 << 10;

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

// The library takes an answer without a length that ends early for a whole one, also where there is
// a coding that it does not know; and of a length that is no number it makes one.
bool is_framed(const httplib::Response& response) {
  if (to_lower(response.get_header_value("Transfer-Encoding")) == "chunked") return true;
  const auto [first, last] = response.headers.equal_range("Content-Length");
  if (first == last) return false;
  const std::string& length = first->second;
  return !length.empty() && length.find_first_not_of("0123456789") == std::string::npos &&
         std::all_of(first, last, [&](const auto& header) { return header.second == length; });
}

HttpAnswer to_answer(const httplib::Response& response, std::string body) {
  HttpAnswer answer{response.status, std::move(body)};
  if (!has_clickhouse_header(response)) {
    answer.missing = "a header X-ClickHouse-…";
  } else if (!is_framed(response)) {
    answer.missing = "a length";
  } else {
    std::optional<std::string> announced;
    if (response.has_header("X-ClickHouse-Exception-Code"))
      announced = response.get_header_value("X-ClickHouse-Exception-Code");
    answer.exception = exception_code(announced, answer.body);
  }
  return answer;
}

// So that nothing was sent.
bool is_not_connected(httplib::Error error) {
  return error == httplib::Error::Connection || error == httplib::Error::ConnectionTimeout;
}

std::string to_words(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
    case httplib::Error::ConnectionTimeout:
      return "cannot connect";
    case httplib::Error::Write:
    case httplib::Error::Canceled:  // after a failed write
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

// Whether a kept connection takes another request. What comes unasked for is the peer's farewell
// (with TLS a record before the end of the stream, of a proxy a 408), and would be taken for the
// answer.
bool is_idle(int socket) {
  char byte;
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

// A connection without TLS, as the library's own, but that what is read is counted as it comes.
// None is marked as an override: what one version of the library asks for is unknown to another.
class CountedStream : public httplib::Stream {
 public:
  CountedStream(int socket, int write_timeout_ms, RequestWatch& watch)
      : socket_(socket), write_timeout_ms_(write_timeout_ms), watch_(watch) {}

  // Each read and write waits by itself.
  bool is_readable() const { return true; }
  bool wait_readable() const { return true; }
  bool is_writable() const { return true; }
  bool wait_writable() const { return true; }
  ssize_t read(char* bytes, size_t size);
  ssize_t write(const char* bytes, size_t size);
  void get_remote_ip_and_port(std::string&, int&) const {}
  void get_local_ip_and_port(std::string&, int&) const {}
  socket_t socket() const { return socket_; }
  time_t duration() const { return 0; }

 private:
  bool wait_for(short event, int timeout_ms) const;

  int socket_;
  int write_timeout_ms_;
  RequestWatch& watch_;
  // The library reads headers byte by byte.
  std::array<char, 4096> ahead_;
  std::size_t ahead_begin_ = 0;
  std::size_t ahead_end_ = 0;
};

bool CountedStream::wait_for(short event, int timeout_ms) const {
  pollfd fd{socket_, event, 0};
  int ready = 0;
  do ready = poll(&fd, 1, timeout_ms);
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

ssize_t CountedStream::read(char* bytes, size_t size) {
  if (ahead_begin_ == ahead_end_) {
    if (!wait_for(POLLIN, -1)) return -1;
    const ssize_t count = recv(socket_, ahead_.data(), ahead_.size(), MSG_DONTWAIT);
    if (count <= 0) return count;
    if (!watch_.received(static_cast<std::size_t>(count))) return -1;
    ahead_begin_ = 0;
    ahead_end_ = static_cast<std::size_t>(count);
  }
  const std::size_t got = std::min(size, ahead_end_ - ahead_begin_);
  std::memcpy(bytes, ahead_.data() + ahead_begin_, got);
  ahead_begin_ += got;
  return static_cast<ssize_t>(got);
}

ssize_t CountedStream::write(const char* bytes, size_t size) {
  if (!wait_for(POLLOUT, write_timeout_ms_)) return -1;
  return send(socket_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// The watch of the request under way.
using Watch = std::unique_ptr<RequestWatch>;

class PlainClient : public httplib::ClientImpl {
 public:
  PlainClient(const ClickHouseServer& server, const Watch& watch)
      : ClientImpl(server.host, server.port),
        write_timeout_ms_(static_cast<int>(server.timeout.count()) * 1000),
        watch_(watch) {}

 private:
  bool process_socket(const Socket& socket,
                      std::function<bool(httplib::Stream&)> callback) override {
    CountedStream stream(socket.sock, write_timeout_ms_, *watch_);
    return callback(stream);
  }

  int write_timeout_ms_;
  const Watch& watch_;
};

// A thread until the end of its scope, with a large stack: the library matches the first line of an
// answer with a regular expression that recurses, some 200 bytes for each character. Where there
// can be no more threads, the work is done in the constructor.
class RequestThread {
 public:
  explicit RequestThread(std::function<void()> work) : work_(std::move(work)) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStack);
    runs_ = pthread_create(&thread_, &attributes, run, &work_) == 0;
    pthread_attr_destroy(&attributes);
    if (!runs_) work_();
  }
  ~RequestThread() {
    if (runs_) pthread_join(thread_, nullptr);
  }
  RequestThread(const RequestThread&) = delete;
  RequestThread& operator=(const RequestThread&) = delete;

 private:
  static constexpr std::size_t kStack = 512 * RequestWatch::kLongestHead;

  static void* run(void* work) {
    (*static_cast<std::function<void()>*>(work))();
    return nullptr;
  }

  std::function<void()> work_;
  pthread_t thread_{};
  bool runs_ = false;
};

}  // namespace

struct HttpClient::Connection {
  explicit Connection(const ClickHouseServer& server);
  HttpAnswer carry_out(const std::string& path, std::string_view header, std::string_view body);
  HttpAnswer no_answer(httplib::Error error, Duration after) const;

  const std::string host;
  const Duration timeout;
  Watch watch;      // of the request under way
  UniqueFd socket;  // of the connection in use
  std::unique_ptr<httplib::ClientImpl> http;
  bool has_answered = false;                      // so it is no TLS port spoken to without TLS
  httplib::SSLClient* tls = nullptr;              // http, when it speaks TLS
  TlsPeer peer;                                   // only with TLS
  RecordHandler record_has_come;                  // the same
  std::optional<VerificationWatch> verification;  // the same
  std::optional<Error> fault;                     // it cannot even be tried
};

HttpClient::Connection::Connection(const ClickHouseServer& server)
    : host(server.host), timeout(server.timeout) {
  if (server.tls) {
    auto client = std::make_unique<httplib::SSLClient>(server.host, server.port);
    tls = client.get();
    http = std::move(client);
    peer = {server.host, with_trusted_ca(server.tls_files), "--clickhouse"};
    if (auto done = demand_verified_peer(tls->ssl_context(), peer); !done) fault = done.error();
    // Named here too, because the library adds the system's otherwise.
    tls->set_ca_cert_path(peer.files.ca.c_str());
    tls->enable_server_certificate_verification(true);
    // The library's class cannot be derived from.
    record_has_come = [this](std::size_t bytes) {
      if (watch) watch->received(bytes);
    };
    watch_records(tls->ssl_context(), record_has_come);
    verification.emplace(tls->ssl_context());
  } else {
    http = std::make_unique<PlainClient>(server, watch);
  }
  http->set_keep_alive(true);
  http->set_url_encode(false);
  http->set_decompress(false);
  http->set_connection_timeout(std::min(kConnectTimeout, server.timeout));
  http->set_read_timeout(kNever);
  http->set_write_timeout(server.timeout);
  http->set_socket_options([this](int made) {
    prepare_socket(made);
    watch->connecting(made);
  });
  // The first is for whoever reads system.query_log.
  http->set_default_headers({{"User-Agent", "event-consumer/" EVENT_CONSUMER_VERSION},
                             {"X-ClickHouse-User", server.user},
                             {"X-ClickHouse-Key", server.password}});
}

HttpAnswer HttpClient::Connection::no_answer(httplib::Error error, Duration after) const {
  HttpAnswer answer;
  if (error == httplib::Error::SSLConnection || error == httplib::Error::SSLServerVerification) {
    const bool rejected = error == httplib::Error::SSLServerVerification;
    const Error handshake = handshake_error("no connection with TLS", peer,
                                            rejected ? tls->get_openssl_verify_result() : 0);
    answer.body = handshake.message;
    answer.no_answer = handshake.kind == ErrorKind::kConfiguration ? NoAnswer::kMisconfigured
                                                                   : NoAnswer::kNoHandshake;
    return answer;
  }
  if (tls != nullptr)
    if (const auto refused = certificate_refusal("no connection with TLS", peer))
      return {0, refused->message, 0, NoAnswer::kMisconfigured};
  answer.body = watch->fault().empty() ? to_words(error) : watch->fault();
  // With TLS 1.3 the server refuses after the handshake, and its words can be lost in the reset
  // that follows them.
  if (tls != nullptr && !is_not_connected(error) && !has_answered && after < kAtOnce &&
      watch->fault().empty())
    answer.body +=
        peer.files.certificate.empty()
            ? " (it may want a certificate of ours: see " + peer.certificate_option() + ")"
            : " (it may not accept our certificate in " + peer.files.certificate + ")";
  if (is_not_connected(error)) answer.no_answer = NoAnswer::kNotConnected;
  if (error == httplib::Error::Read && tls == nullptr && !has_answered && after < kAtOnce &&
      watch->fault().empty())
    answer.body += " (if this is its TLS port, set --clickhouse-tls on)";
  return answer;
}

HttpAnswer HttpClient::Connection::carry_out(const std::string& path, std::string_view header,
                                             std::string_view body) {
  const bool must_connect = !socket || !is_idle(socket.get());
  // The library would use it as long as there is something to read.
  if (socket && must_connect) reset_connection(socket.get());
  if (must_connect && !look_up(host))
    return {0, std::string("cannot connect: ") + kNotResolved, 0, NoAnswer::kNotConnected};
  const TimePoint start = Clock::now();
  bool has_begun = false;
  const auto send_all = [&](std::string_view bytes, httplib::DataSink& sink) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(kPart, bytes.size())))
      if (!watch->sending() || !sink.write(bytes.data(), std::min(kPart, bytes.size())))
        return false;
    return true;
  };
  std::string said;
  httplib::Request request;
  request.method = "POST";
  request.path = path;
  request.headers.emplace("Content-Type", "application/octet-stream");
  request.content_length_ = header.size() + body.size();
  // All at once. Some versions of the library would send the whole request again when the server
  // has closed the connection since.
  request.content_provider_ = [&](std::size_t, std::size_t, httplib::DataSink& sink) {
    const bool all = !std::exchange(has_begun, true) && send_all(header, sink) &&
                     send_all(body, sink) && watch->sent_all();
    if (!all && socket) reset_connection(socket.get());
    return all;
  };
  request.response_handler = [&](const httplib::Response&) { return watch->received_head(); };
  request.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t,
                                 std::uint64_t) {
    if (!watch->received_body(size)) return false;
    said.append(bytes, size);
    return true;
  };
  if (request.content_length_ == 0) watch->sent_all();
  httplib::Response response;
  httplib::Error error = httplib::Error::Success;
  if (!http->send(request, response, error)) return no_answer(error, Clock::now() - start);
  has_answered = true;
  return to_answer(response, std::move(said));
}

HttpClient::HttpClient(const ClickHouseServer& server)
    : connection_(std::make_unique<Connection>(server)) {}

HttpClient::~HttpClient() = default;

CertificateExpiry HttpClient::first_to_expire() const {
  return connection_->verification ? connection_->verification->first_to_expire()
                                   : CertificateExpiry{};
}

HttpAnswer HttpClient::post(const std::string& path, std::string_view header, std::string_view body,
                            const AnswerLimits& limits, const std::function<void()>& heartbeat) {
  Connection& connection = *connection_;
  if (connection.fault) return {0, connection.fault->message, 0, NoAnswer::kMisconfigured};
  connection.watch = std::make_unique<RequestWatch>(connection.timeout, limits, connection.socket);
  std::packaged_task<HttpAnswer()> task([&] { return connection.carry_out(path, header, body); });
  auto answer = task.get_future();
  const RequestThread thread([&] { task(); });
  while (answer.wait_for(kHeartbeatPeriod) == std::future_status::timeout) {
    heartbeat();
    connection.watch->check();
  }
  HttpAnswer result = answer.get();
  connection.watch.reset();
  // The library has closed its own.
  if (result.status == 0) connection.socket.reset();
  return result;
}

}  // namespace event_consumer
