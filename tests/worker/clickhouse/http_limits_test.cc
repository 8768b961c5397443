// What a post makes of servers that answer without an end, or slower than anybody can wait for, or
// that end the connection between two requests, with and without TLS.
#include <httplib.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "common/text.h"
#include "tests/common/temporary_file.h"
#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"
#include "worker/clickhouse/clickhouse_http.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::LoopbackListener;

// Since 2025 the library has limits of its own for a line and for the number of headers, below
// ours, and no words for them.
#ifdef CPPHTTPLIB_MAX_LINE_LENGTH
constexpr bool kLibraryHasLimits = true;
#else
constexpr bool kLibraryHasLimits = false;
#endif

// A key and a certificate for 127.0.0.1 that is its own CA.
class OwnCertificate {
 public:
  OwnCertificate() : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509_set_version(certificate_, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate_), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
    for (const auto& [id, text] : {std::pair(NID_basic_constraints, "critical,CA:TRUE"),
                                   std::pair(NID_subject_alt_name, "IP:127.0.0.1")}) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, text);
      X509_add_ext(certificate_, extension, -1);
      X509_EXTENSION_free(extension);
    }
    X509_sign(certificate_, key_, EVP_sha256());
    BIO* file = BIO_new_file(file_.path().c_str(), "w");
    PEM_write_bio_X509(file, certificate_);
    BIO_free(file);
  }
  ~OwnCertificate() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }

  void use(SSL_CTX* context) const {
    SSL_CTX_use_certificate(context, certificate_);
    SSL_CTX_use_PrivateKey(context, key_);
  }
  std::string ca_file() const { return file_.path(); }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  testing::TemporaryFile file_{""};
};

const OwnCertificate& certificate() {
  static const OwnCertificate made;
  return made;
}

// A connection that was accepted, with or without TLS.
class Peer {
 public:
  Peer(UniqueFd connection, bool tls) : connection_(std::move(connection)) {
    if (!tls) return;
    signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    context_.reset(SSL_CTX_new(TLS_server_method()));
    certificate().use(context_.get());
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), connection_.get());
    SSL_accept(ssl_.get());
  }

  bool receive() {
    std::array<char, 4096> request;
    const int size = static_cast<int>(request.size());
    return (ssl_ ? SSL_read(ssl_.get(), request.data(), size)
                 : recv(connection_.get(), request.data(), request.size(), 0)) > 0;
  }

  // Says that nothing more comes, as a server that closes an idle connection.
  void end() {
    if (ssl_) SSL_shutdown(ssl_.get());
    shutdown(connection_.get(), SHUT_WR);
  }

  bool send(const std::string& bytes) {
    const auto size = static_cast<int>(bytes.size());
    return (ssl_ ? SSL_write(ssl_.get(), bytes.data(), size)
                 : ::send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)) == size;
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  UniqueFd connection_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
};

void wait_for(const EventFd& event) {
  pollfd signalled{event.fd(), POLLIN, 0};
  poll(&signalled, 1, 10'000);
}

// Answers one request with `first`, and then with `again` for ever, each after `pause`.
class EndlessServer {
 public:
  EndlessServer(bool tls, std::string first, std::string again, milliseconds pause = {})
      : tls_(tls), thread_([this, first = std::move(first), again = std::move(again), pause] {
          Peer peer(listener_.accept(), tls_);
          bool taken = peer.receive() && peer.send(first);
          for (; taken && !is_ending(pause); bytes_ += again.size()) taken = peer.send(again);
        }) {}
  ~EndlessServer() {
    ending_.signal();
    thread_.join();
  }

  HttpAnswer answer(const AnswerLimits& limits = {1 << 20}) const {
    ClickHouseServer server{"127.0.0.1", listener_.port(), "default", "", seconds(1)};
    server.tls = tls_;
    server.tls_files.ca = certificate().ca_file();
    ClickHouseHttp http(server);
    return http.post({}, "", "rows", limits);
  }
  // Sent in all.
  std::size_t bytes() const { return bytes_; }

 private:
  bool is_ending(milliseconds pause) const {
    pollfd end{ending_.fd(), POLLIN, 0};
    return poll(&end, 1, static_cast<int>(pause.count())) != 0;
  }

  bool tls_;
  LoopbackListener listener_;
  EventFd ending_;
  std::atomic<std::size_t> bytes_{0};
  std::thread thread_;
};

// What the buffers of both sockets may hold beside what was read.
constexpr std::size_t kBuffers = 16 << 20;

TEST_CASE("http: an answer that drips is given up after two time-outs", "[http]") {
  const bool tls = GENERATE(false, true);
  const std::string body_begins =
      "HTTP/1.1 200 OK\r\nX-ClickHouse-Format: x\r\nContent-Length: 1000\r\n\r\n";
  const std::string first = GENERATE_COPY(std::string("HTTP/1.1 200 OK\r\n"), body_begins);
  const EndlessServer server(tls, first, "x", milliseconds(100));
  const TimePoint start = Clock::now();
  const HttpAnswer answer = server.answer();
  CHECK(answer.status == 0);
  CHECK(answer.was_sent());
  CHECK(answer.body == "the time-out passed before the answer was whole");
  CHECK(Clock::now() - start >= seconds(1));
  CHECK(Clock::now() - start < seconds(10));
}

TEST_CASE("http: headers without an end are none", "[http]") {
  const bool tls = GENERATE(false, true);
  const std::string again =
      GENERATE(std::string(10'000, 'x'), "X-Header: more\r\n", "HTTP/1.1 100 Continue\r\n\r\n");
  const EndlessServer server(
      tls, again.find("100") == std::string::npos ? "HTTP/1.1 200 OK\r\n" : again, again);
  const HttpAnswer answer = server.answer();
  CHECK(answer.status == 0);
  CHECK(answer.was_sent());
  CHECK((kLibraryHasLimits || answer.body == "the headers of the answer are longer than 64 KiB"));
  CHECK(server.bytes() < kBuffers);
}

// It would be matched against a regular expression, which recurses.
TEST_CASE("http: nor is a status line that has nearly none", "[http]") {
  const std::string first =
      "HTTP/1.1 200 " + std::string(60'000, 'x') + "\r\nContent-Length: 1\r\n\r\n";
  const EndlessServer server(/*tls=*/false, first, "x");
  const HttpAnswer answer = server.answer();
  CHECK(answer.missing == (kLibraryHasLimits ? "" : "a header X-ClickHouse-…"));
  CHECK(answer.status == (kLibraryHasLimits ? 0 : 200));
}

TEST_CASE("http: an answer longer than expected is not read", "[http]") {
  const bool tls = GENERATE(false, true);
  const std::string first =
      GENERATE("HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3000000000\r\n\r\n",
               "HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  const bool chunked = first.find("chunked") != std::string::npos;
  const std::string again(65536, 'x');
  const EndlessServer server(tls, first, chunked ? "10000\r\n" + again + "\r\n" : again);
  const HttpAnswer answer = server.answer();
  CHECK(answer.status == 0);
  CHECK(answer.was_sent());
  CHECK(answer.body == "the answer is longer than 1024 KiB");
  CHECK(server.bytes() < kBuffers);
}

TEST_CASE("http: a chunk without an end of its first line is not read", "[http]") {
  const bool tls = GENERATE(false, true);
  const EndlessServer server(tls, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
                             std::string(65536, 'x'));
  // Byte by byte it may take longer than the time-out until it is too long.
  const HttpAnswer answer = server.answer({1 << 20, []() -> Duration { return seconds(60); }});
  CHECK(answer.status == 0);
  CHECK((kLibraryHasLimits || starts_with(answer.body, "the answer is longer than ")));
  CHECK(server.bytes() < kBuffers);
}

TEST_CASE("http: an answer that is worth waiting for is waited for", "[http]") {
  const EndlessServer server(/*tls=*/false, "HTTP/1.1 200 OK\r\n", "x", milliseconds(100));
  int asked = 0;
  const TimePoint start = Clock::now();
  const HttpAnswer answer = server.answer(
      {1 << 20, [&]() -> Duration { return ++asked <= 2 ? seconds(1) : seconds(0); }});
  CHECK(answer.status == 0);
  CHECK(asked == 3);
  CHECK(Clock::now() - start >= seconds(3));
}

TEST_CASE("http: a handshake that drips is given up", "[http]") {
  const LoopbackListener listener;
  EventFd ending;
  std::thread peer([&] {
    const UniqueFd connection = listener.accept();
    pollfd end{ending.fd(), POLLIN, 0};
    // The header of a record of 16 KiB, and then the record.
    ::send(connection.get(), "\x16\x03\x03\x40\x00", 5, MSG_NOSIGNAL);
    while (poll(&end, 1, 100) == 0) ::send(connection.get(), "x", 1, MSG_NOSIGNAL);
  });
  ClickHouseServer server{"127.0.0.1", listener.port(), "default", "", seconds(1)};
  server.tls = true;
  server.tls_files.ca = certificate().ca_file();
  ClickHouseHttp http(server);
  const TimePoint start = Clock::now();
  const HttpAnswer answer = http.post({}, "", "rows");
  CHECK(answer.status == 0);
  CHECK_FALSE(answer.was_sent());
  CHECK(Clock::now() - start < seconds(10));
  ending.signal();
  peer.join();
}

TEST_CASE("http: a server that takes a byte now and then is given up", "[http]") {
  const LoopbackListener listener;
  EventFd ending;
  std::thread peer([&] {
    const UniqueFd connection = listener.accept();
    pollfd end{ending.fd(), POLLIN, 0};
    std::array<char, 4096> bytes;
    while (poll(&end, 1, 100) == 0) recv(connection.get(), bytes.data(), bytes.size(), 0);
  });
  ClickHouseHttp http({"127.0.0.1", listener.port(), "default", "", seconds(1)});
  const TimePoint start = Clock::now();
  const HttpAnswer answer = http.post({}, "", std::string(64 << 20, 'x'));
  CHECK(answer.status == 0);
  CHECK(answer.was_sent());
  CHECK(Clock::now() - start < seconds(10));
  ending.signal();
  peer.join();
}

TEST_CASE("http: a connection that the server has ended meanwhile takes no request", "[http]") {
  const bool tls = GENERATE(false, true);
  const std::string unasked = GENERATE("", "HTTP/1.0 408 Request Time-out\r\n\r\n");
  const std::string answer = testing::http_answer(200);
  const LoopbackListener listener;
  EventFd answered;
  EventFd ended;
  std::thread peer([&] {
    Peer first(listener.accept(), tls);
    first.receive();
    first.send(answer);
    wait_for(answered);
    if (!unasked.empty()) first.send(unasked);
    first.end();
    ended.signal();
    Peer second(listener.accept(), tls);
    second.receive();
    second.send(answer);
    second.receive();
  });
  {
    ClickHouseServer server{"127.0.0.1", listener.port(), "default", "", seconds(1)};
    server.tls = tls;
    server.tls_files.ca = certificate().ca_file();
    ClickHouseHttp http(server);
    CHECK(http.post({}, "", "rows").ok());
    answered.signal();
    wait_for(ended);
    const HttpAnswer next = http.post({}, "", "rows");
    CHECK(next.status == 200);
    CHECK(next.body.empty());
    shutdown(listener.fd(), SHUT_RDWR);
  }
  peer.join();
}

TEST_CASE("http: there are heartbeats while an answer is waited for", "[http]") {
  const LoopbackListener listener;
  ClickHouseHttp http({"127.0.0.1", listener.port(), "default", "", seconds(1)});
  int heartbeats = 0;
  http.set_heartbeat([&] { ++heartbeats; });
  CHECK(http.post({}, "", "rows").status == 0);
  CHECK(heartbeats >= 2);
}

}  // namespace
}  // namespace event_consumer
