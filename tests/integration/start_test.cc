// What a newcomer gets wrong: a clear line, the right exit status, no password anywhere.
#include "tests/support/catch.h"
#include "tests/support/free_port.h"
#include "tests/support/scene.h"
#include "tests/support/service.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kSecret[] = "wrong-secret-4711";

struct Case {
  const char* name;
  Environment overrides;
  std::vector<std::string> arguments;
  int exit_status;
  const char* said;  // a part of the log
  // Where the server's answer may be lost: it resets the connection when it has answered, and the
  // latest of several starts decides.
  bool may_be_unreachable = false;
};

std::string amqp_url(int port, const std::string& user, const std::string& password,
                     const std::string& vhost = "") {
  return "amqp://" + user + ":" + password + "@127.0.0.1:" + std::to_string(port) + "/" + vhost;
}

std::vector<Case> cases() {
  const std::string closed = std::to_string(free_port());
  const std::string broker = std::to_string(rabbitmq().port());
  return {
      {"RabbitMQ is not there",
       {{"RABBITMQ_URL", amqp_url(std::stoi(closed), "guest", kSecret)}},
       {},
       69,
       "cannot connect to RabbitMQ 127.0.0.1:"},
      {"ClickHouse is not there",
       {{"CLICKHOUSE_PORT", closed}, {"CLICKHOUSE_PASSWORD", kSecret}},
       {},
       69,
       "cannot reach ClickHouse 127.0.0.1:"},
      {"RabbitMQ refuses the password",
       {{"RABBITMQ_URL", amqp_url(std::stoi(broker), "guest", kSecret)}},
       {},
       78,
       "403 ACCESS_REFUSED"},
      {"the virtual host does not exist",
       {{"RABBITMQ_URL", amqp_url(std::stoi(broker), "guest", "guest", "nowhere")}},
       {},
       78,
       "530 NOT_ALLOWED"},
      {"ClickHouse refuses the password",
       {{"CLICKHOUSE_USER", kClickhouseUser}, {"CLICKHOUSE_PASSWORD", kSecret}},
       {},
       78,
       "Code: 193"},
      {"the table is not there and may not be created",
       {{"EVENT_CONSUMER_CREATE_TABLE", "off"}},
       {},
       78,
       "does not exist on ClickHouse"},
      {"HTTP is spoken to the native port",
       {{"CLICKHOUSE_PORT", std::to_string(clickhouse().tcp_port())}},
       {},
       78,
       "ClickHouse 127.0.0.1:",
       true},
      {"a required column is none of the table's",
       {{"EVENT_CONSUMER_REQUIRED", "short_code,shrot_code"}},
       {},
       78,
       "shrot_code"},
      {"an option is unknown", {}, {"--wrokers=3"}, 64, "--wrokers"},
      {"a number is out of range",
       {{"EVENT_CONSUMER_WORKERS", "-1"}},
       {},
       64,
       "EVENT_CONSUMER_WORKERS"},
      {"a password stands in a flag",
       {},
       {"--rabbitmq-url=" + amqp_url(5672, "app", kSecret)},
       64,
       "RABBITMQ_URL"},
      {"the configuration file is not there",
       {},
       {"--config=/nonexistent/file"},
       64,
       "/nonexistent/file"},
  };
}

}  // namespace

TEST_CASE("what is wrong at the start is said in the log and by the exit status") {
  for (const Case& wrong : cases()) {
    Scene scene("start");
    Environment environment = scene.environment();
    environment["EVENT_CONSUMER_START_TIMEOUT"] = "2";
    for (const auto& [name, text] : wrong.overrides) environment[name] = text;
    Service service(environment, wrong.arguments);
    const auto status = service.wait_exit_status(seconds(10));
    const std::string log = service.log();
    INFO(wrong.name << ":\n" << log);
    if (!(wrong.may_be_unreachable && status == 69)) CHECK(status == wrong.exit_status);
    CHECK(log.find(wrong.said) != std::string::npos);
    CHECK(log.find(kSecret) == std::string::npos);
  }
}

TEST_CASE("--version and --help answer without any server") {
  for (const std::string flag : {"--version", "--help"}) {
    Service service(base_environment(), {flag});
    CHECK(service.wait_exit_status(seconds(5)) == 0);
    CHECK(service.count_in_log("event-consumer") > 0);
  }
}

}  // namespace event_consumer::testing
