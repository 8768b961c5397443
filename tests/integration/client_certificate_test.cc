// Servers that want a certificate of ours: with it everything flows, without a password at
// RabbitMQ; what they refuse is said in one line and ends the start.
#include <optional>

#include "common/text.h"
#include "tests/integration/check_refused.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kQueue[] = "with_certificate";

// Of both servers, both of which want one.
struct StrictServers {
  StrictServers() {
    rabbitmq.ctl({"add_user", "client", "a password that nobody uses"});
    rabbitmq.ctl({"set_permissions", "client", ".*", ".*", ".*"});
  }

  Environment environment() const {
    Environment environment = base_environment();
    const auto broker = std::to_string(rabbitmq.tls_port());
    environment["RABBITMQ_URL"] = "amqps://127.0.0.1:" + broker + "/";
    environment["RABBITMQ_QUEUE"] = kQueue;
    environment["RABBITMQ_CA_FILE"] = certificates().ca_file();
    environment["RABBITMQ_CERTIFICATE_FILE"] = certificates().client().certificate_file;
    environment["RABBITMQ_KEY_FILE"] = certificates().client().key_file;
    environment["RABBITMQ_AUTH"] = "certificate";
    environment["CLICKHOUSE_HOST"] = "https://127.0.0.1:" + std::to_string(clickhouse.https_port());
    environment["CLICKHOUSE_CA_FILE"] = certificates().ca_file();
    environment["CLICKHOUSE_CERTIFICATE_FILE"] = certificates().client().certificate_file;
    environment["CLICKHOUSE_KEY_FILE"] = certificates().client().key_file;
    environment["EVENT_CONSUMER_STATUS_ADDRESS"] = "off";
    return environment;
  }

  RabbitmqServer rabbitmq{[] {
    RabbitmqOptions options;
    options.certificate = certificates().expiring();
    options.client_ca_file = certificates().ca_file();
    return options;
  }()};
  ClickhouseServer clickhouse{[] {
    ClickhouseOptions options;
    options.certificate = certificates().good();
    options.client_ca_file = certificates().ca_file();
    return options;
  }()};
};

std::string rows(ClickhouseServer& server) {
  return server.query("SELECT count() FROM url_shortener.click_events");
}

Environment with(Environment environment, const Environment& changes) {
  for (const auto& [name, text] : changes) environment[name] = text;
  return environment;
}

}  // namespace

TEST_CASE("client certificates: events flow, and without one nobody gets in") {
  StrictServers servers;
  const Environment good = servers.environment();
  const ClickEvents events(7);
  {
    Service service(good);
    const bool consumes = service.wait_consuming(2);
    INFO(service.log());
    REQUIRE(consumes);
    AmqpClient client(servers.rabbitmq.url());
    for (std::uint64_t id = 0; id < 1000; ++id) client.publish("", kQueue, events.json_at(id));
    CHECK(wait_until([&] { return rows(servers.clickhouse) == "1000\n"; }, seconds(20)));
    CHECK(service.stop() == 0);
  }

  const Finished checked = run_program(good, {"check"});
  INFO(checked.output << checked.error_output);
  CHECK(checked.ok());
  CHECK(contains(checked.output, "logged in as the user in our certificate\n"));
  CHECK(contains(checked.output, "! RabbitMQ 127.0.0.1:"));
  CHECK(contains(checked.output, "of all certificates CN=expiring expires first, on "));
  CHECK(contains(checked.output,
                 "✓ ClickHouse 127.0.0.1:" + std::to_string(servers.clickhouse.https_port()) +
                     ": of all certificates CN="));

  const std::string stranger = certificates().stranger().certificate_file;
  const std::string its_key = certificates().stranger().key_file;
  for (const std::string side : {"RABBITMQ", "CLICKHOUSE"}) {
    const std::string flags = side == "RABBITMQ" ? "--rabbitmq" : "--clickhouse";
    // ClickHouse's words come after the handshake, and can be lost in the reset behind them.
    const std::optional<int> status = side == "RABBITMQ" ? std::optional(78) : std::nullopt;
    check_refused(with(good, {{side + "_CERTIFICATE_FILE", ""},
                              {side + "_KEY_FILE", ""},
                              {"RABBITMQ_AUTH", side == "RABBITMQ" ? "password" : "certificate"}}),
                  status, {"a certificate of ours", flags + "-certificate-file"});
    check_refused(
        with(good, {{side + "_CERTIFICATE_FILE", stranger}, {side + "_KEY_FILE", its_key}}), status,
        {"accept our certificate in " + stranger});
    check_refused(
        with(good, {{side + "_KEY_FILE", its_key}}), 78,
        {"key file " + its_key + ": is not the key of the certificate in", flags + "-key-file"});
  }
}

}  // namespace event_consumer::testing
