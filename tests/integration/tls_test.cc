// TLS to both servers: it works with a good certificate, and whatever is wrong with one is said in
// one line and ends the start with status 78.
#include <optional>

#include "tests/integration/check_refused.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

std::string amqp_url(const std::string& scheme, const std::string& host, int port) {
  return scheme + "://guest:guest@" + host + ":" + std::to_string(port) + "/";
}

Environment with_amqps(Environment environment, const std::string& host = "127.0.0.1") {
  environment["RABBITMQ_URL"] = amqp_url("amqps", host, rabbitmq().tls_port());
  environment["RABBITMQ_CA_FILE"] = certificates().ca_file();
  return environment;
}

Environment with_https(Environment environment, const ClickhouseServer& server,
                       const std::string& host = "127.0.0.1") {
  environment["CLICKHOUSE_HOST"] = host;
  environment["CLICKHOUSE_PORT"] = std::to_string(server.https_port());
  environment["CLICKHOUSE_TLS"] = "on";
  environment["CLICKHOUSE_CA_FILE"] = certificates().ca_file();
  return environment;
}

Environment changed(Environment environment, const Environment& changes) {
  for (const auto& [name, text] : changes) environment[name] = text;
  return environment;
}

// Shows the broker's good certificate again whatever becomes of the test.
struct OtherCertificate {
  explicit OtherCertificate(const Certificate& other) { rabbitmq().use_certificate(other); }
  ~OtherCertificate() { rabbitmq().use_certificate(certificates().good()); }
};

// Larger than a TLS record, and than an AMQP frame.
std::string large_event(std::uint64_t id) {
  return R"({"short_code": "big", "timestamp": "2025-12-19T10:20:30Z", "user_agent": ")" +
         std::string(300'000, 'x') + R"(", "original_url": "https://example.com/?id=)" +
         std::to_string(id) + "\"}";
}

// So long tests/support/clickhouse_server keeps an idle connection.
constexpr seconds kKeptAlive{3};

ClickhouseOptions showing(const Certificate& certificate) {
  ClickhouseOptions options;
  options.certificate = certificate;
  return options;
}

}  // namespace

TEST_CASE("TLS on both sides: everything is stored, by name and by address") {
  constexpr std::uint64_t kSmall = 100'000;
  constexpr std::uint64_t kEvents = kSmall + 50;
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    TestTopology topology("tls");
    topology.declare_topology();
    const ClickEvents events(31);
    Environment environment =
        with_https(with_amqps(topology.environment(), host), clickhouse(), host);
    Service service(environment);
    INFO(service.log());
    REQUIRE(service.wait_consuming(2));
    AmqpClient client(rabbitmq().url());
    client.enable_confirms();
    publish_confirmed(client, topology, 0, kEvents, [&](std::uint64_t id) {
      return id < kSmall ? events.json_at(id) : large_event(id);
    });
    client.publish(topology.exchange(), topology.queue(), "no JSON");
    CHECK(wait_until([&] { return topology.rows() == kEvents; }, seconds(60)));
    CHECK(topology.distinct_events() == kEvents);
    CHECK(wait_until([&] { return client.message_count(topology.dead_letter_queue()) == 1; },
                     seconds(10)));
    CHECK(service.stop() == 0);
    CHECK(client.message_count(topology.queue()) == 0);
  }
}

// With TLS a record precedes the end of the connection, and was taken for a sign of life.
TEST_CASE("TLS to ClickHouse: a connection that was idle for too long loses no insert") {
  TestTopology topology("tls_idle");
  topology.declare_topology();
  const ClickEvents events(32);
  Service service(with_https(topology.environment(), clickhouse()));
  INFO(service.log());
  REQUIRE(service.wait_consuming(2));
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  for (std::uint64_t id = 0; id < 4; ++id) {
    publish_confirmed(client, topology, id, id + 1,
                      [&](std::uint64_t at) { return events.json_at(at); });
    REQUIRE(wait_until([&] { return topology.rows() == id + 1; }, seconds(20)));
    const auto end = Clock::now() + 2 * kKeptAlive;
    wait_until([&] { return Clock::now() >= end; }, 3 * kKeptAlive);
  }
  CHECK(service.count_in_log("tried again") == 0);
  CHECK(service.stop() == 0);
}

TEST_CASE("TLS to RabbitMQ: a certificate that is not accepted ends the start with 78") {
  TestTopology topology("tls_amqp");
  const Environment good = with_amqps(topology.environment());
  check_refused(changed(good, {{"RABBITMQ_CA_FILE", certificates().other_ca_file()}}), 78,
                {"cannot connect to RabbitMQ 127.0.0.1:", "signed by no CA in",
                 certificates().other_ca_file(), "--rabbitmq-ca-file"});
  // The system's CAs have not signed it either.
  check_refused(changed(good, {{"RABBITMQ_CA_FILE", ""}}), 78,
                {"signed by no CA in /etc/ssl/certs/ca-certificates.crt"});
  check_refused(changed(good, {{"RABBITMQ_CA_FILE", "/nonexistent/ca.pem"}}), 78,
                {"CA file /nonexistent/ca.pem: cannot be read: No such file"});
  check_refused(changed(good, {{"RABBITMQ_CA_FILE", certificates().good().key_file}}), 78,
                {"holds no certificate in PEM format"});
  {
    const OtherCertificate shown(certificates().expired());
    check_refused(good, 78, {"cannot connect to RabbitMQ 127.0.0.1:", "has expired", "renew it"});
  }
  const OtherCertificate shown(certificates().wrong_host());
  check_refused(good, 78,
                {"cannot connect to RabbitMQ 127.0.0.1:", "is not made out to 127.0.0.1"});
  check_refused(with_amqps(topology.environment(), "localhost"), 78,
                {"is not made out to localhost"});
}

TEST_CASE("TLS to ClickHouse: a certificate that is not accepted ends the start with 78") {
  TestTopology topology("tls_http");
  const Environment good = with_https(topology.environment(), clickhouse());
  check_refused(changed(good, {{"CLICKHOUSE_CA_FILE", certificates().other_ca_file()}}), 78,
                {"cannot reach ClickHouse 127.0.0.1:", "signed by no CA in",
                 certificates().other_ca_file(), "--clickhouse-ca-file"});
  check_refused(changed(good, {{"CLICKHOUSE_CA_FILE", ""}}), 78,
                {"signed by no CA in /etc/ssl/certs/ca-certificates.crt"});
  check_refused(changed(good, {{"CLICKHOUSE_CA_FILE", "/nonexistent/ca.pem"}}), 78,
                {"CA file /nonexistent/ca.pem: cannot be read: No such file"});
  {
    const ClickhouseServer expired(showing(certificates().expired()));
    check_refused(with_https(topology.environment(), expired), 78,
                  {"cannot reach ClickHouse 127.0.0.1:", "has expired", "renew it"});
  }
  const ClickhouseServer elsewhere(showing(certificates().wrong_host()));
  check_refused(with_https(topology.environment(), elsewhere), 78,
                {"cannot reach ClickHouse 127.0.0.1:", "is not made out to 127.0.0.1"});
  check_refused(with_https(topology.environment(), elsewhere, "localhost"), 78,
                {"is not made out to localhost"});
}

TEST_CASE("TLS on one end of a connection only is said as such") {
  TestTopology topology("tls_half");
  const Environment plain = topology.environment();
  check_refused(changed(with_amqps(plain),
                        {{"RABBITMQ_URL", amqp_url("amqps", "127.0.0.1", rabbitmq().port())}}),
                78, {"cannot connect to RabbitMQ 127.0.0.1:", "does not speak TLS on this port"});
  check_refused(
      changed(plain, {{"RABBITMQ_URL", amqp_url("amqp", "127.0.0.1", rabbitmq().tls_port())}}), 69,
      {"RabbitMQ 127.0.0.1:", "must begin with amqps://"});
  // What 18.16 makes of a handshake hangs on its random bytes: nonsense, which it answers (78), or
  // the beginning of a request, of which it awaits the rest (69).
  check_refused(changed(with_https(plain, clickhouse()),
                        {{"CLICKHOUSE_PORT", std::to_string(clickhouse().http_port())},
                         {"EVENT_CONSUMER_START_TIMEOUT", "15"}}),
                std::nullopt, {"cannot reach ClickHouse 127.0.0.1:", "TLS"});
  check_refused(changed(plain, {{"CLICKHOUSE_PORT", std::to_string(clickhouse().https_port())}}),
                69, {"cannot reach ClickHouse 127.0.0.1:", "set --clickhouse-tls on"});
}

}  // namespace event_consumer::testing
