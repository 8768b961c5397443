// What a newcomer gets wrong: a clear line, the right exit status, no password anywhere.

#include "tests/support/catch.h"
#include "tests/support/free_port.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kSecret[] = "wrong-secret-4711";
constexpr char kStranger[] = "stranger";

struct Case {
  const char* name;
  Environment overrides;
  std::vector<std::string> arguments;
  int exit_status;
  // Both stand in one line of the log.
  const char* cause;
  const char* remedy;
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
       "cannot connect to RabbitMQ 127.0.0.1:",
       "→ start the broker, or correct host and port in RABBITMQ_URL"},
      {"ClickHouse is not there",
       {{"CLICKHOUSE_PORT", closed}, {"CLICKHOUSE_PASSWORD", kSecret}},
       {},
       69,
       "cannot reach ClickHouse 127.0.0.1:",
       "→ start the server, or correct CLICKHOUSE_HOST and CLICKHOUSE_PORT"},
      {"RabbitMQ refuses the password",
       {{"RABBITMQ_URL", amqp_url(std::stoi(broker), "guest", kSecret)}},
       {},
       78,
       "403 ACCESS_REFUSED",
       "→ correct user and password in RABBITMQ_URL"},
      {"the virtual host does not exist",
       {{"RABBITMQ_URL", amqp_url(std::stoi(broker), "guest", "guest", "nowhere")}},
       {},
       78,
       "530 NOT_ALLOWED",
       "→ correct the virtual host at the end of RABBITMQ_URL"},
      {"ClickHouse refuses the password",
       {{"CLICKHOUSE_USER", kClickhouseUser}, {"CLICKHOUSE_PASSWORD", kSecret}},
       {},
       78,
       "Code: 193",
       "→ correct CLICKHOUSE_USER (now writer) and CLICKHOUSE_PASSWORD"},
      {"the table is not there and may not be created",
       {{"EVENT_CONSUMER_CREATE_TABLE", "off"}},
       {},
       78,
       "does not exist on ClickHouse",
       "create it, or correct CLICKHOUSE_DATABASE and CLICKHOUSE_TABLE"},
      {"the table's name is mistyped",
       {{"CLICKHOUSE_TABLE", "clik_events"}},
       {},
       78,
       "`.`clik_events` does not exist on ClickHouse",
       "--create-table on creates one for click events under any name"},
      {"HTTP is spoken to the native port",
       {{"CLICKHOUSE_PORT", std::to_string(clickhouse().tcp_port())}},
       {},
       78,
       "ClickHouse 127.0.0.1:",
       "8123 unless configured otherwise",
       true},
      {"HTTPS is spoken to the port of plain HTTP",
       {{"CLICKHOUSE_TLS", "on"}},
       {},
       78,
       "no connection with TLS",
       "→ correct CLICKHOUSE_TLS, CLICKHOUSE_PORT"},
      {"HTTP is spoken to RabbitMQ",
       {{"CLICKHOUSE_PORT", broker}},
       {},
       69,
       "cannot reach ClickHouse 127.0.0.1:",
       "CLICKHOUSE_PORT must be ClickHouse's HTTP port"},
      {"AMQP is spoken to ClickHouse",
       // It listens for more, for as long as we wait for an answer.
       {{"RABBITMQ_URL", amqp_url(clickhouse().http_port(), "guest", "guest")},
        {"EVENT_CONSUMER_START_TIMEOUT", "12"}},
       {},
       69,
       "cannot log in to RabbitMQ 127.0.0.1:",
       "→ is the port in RABBITMQ_URL that of AMQP"},
      {"the host of ClickHouse has no address",
       {{"CLICKHOUSE_HOST", "clickhouse.invalid"}},
       {},
       69,
       "cannot reach ClickHouse clickhouse.invalid:",
       "→ start the server, or correct CLICKHOUSE_HOST"},
      {"the host of RabbitMQ has no address",
       {{"RABBITMQ_URL", "amqp://rabbit.invalid/"}},
       {},
       69,
       "cannot connect to RabbitMQ rabbit.invalid:",
       "→ start the broker, or correct host and port in RABBITMQ_URL"},
      {"RabbitMQ's user has no rights",
       {{"RABBITMQ_URL", amqp_url(std::stoi(broker), kStranger, kSecret)}},
       {},
       78,
       "ACCESS_REFUSED",
       "rabbitmqctl set_permissions -p / stranger"},
      {"ClickHouse's user may only read",
       {{"CLICKHOUSE_USER", kClickhouseReader}},
       {},
       78,
       "Code: 164",
       "→ give ClickHouse's user reader the right to insert"},
      {"a required column is none of the table's",
       {{"EVENT_CONSUMER_REQUIRED", "short_code,shrot_code"}},
       {},
       78,
       "shrot_code",
       "see --required"},
      {"an option is unknown", {}, {"--wrokers=3"}, 64, "--wrokers", ""},
      {"a number is out of range",
       {{"EVENT_CONSUMER_WORKERS", "-1"}},
       {},
       64,
       "EVENT_CONSUMER_WORKERS",
       "1 to"},
      {"a password stands in a flag",
       {},
       {"--rabbitmq-url=" + amqp_url(5672, "app", kSecret)},
       64,
       "RABBITMQ_URL",
       "--rabbitmq-password-file"},
      {"the configuration file is not there",
       {},
       {"--config=/nonexistent/file"},
       64,
       "/nonexistent/file",
       ""},
  };
}

}  // namespace

TEST_CASE("what is wrong at the start is said in the log with its remedy, and by the exit status") {
  rabbitmq().ctl({"add_user", kStranger, kSecret});
  rabbitmq().ctl({"set_permissions", "-p", "/", kStranger, "^$", "^$", "^$"});
  for (const Case& wrong : cases()) {
    TestTopology topology("start");
    Environment environment = topology.environment();
    environment["EVENT_CONSUMER_START_TIMEOUT"] = "2";
    for (const auto& [name, text] : wrong.overrides) environment[name] = text;
    Service service(environment, wrong.arguments);
    const auto status = service.wait_exit_status(seconds(30));
    const std::string log = service.log();
    INFO(wrong.name << ":\n" << log);
    if (!(wrong.may_be_unreachable && status == 69)) CHECK(status == wrong.exit_status);
    CHECK(has_line_with(log, {wrong.cause, wrong.remedy}));
    CHECK(log.find(kSecret) == std::string::npos);
  }
  rabbitmq().ctl({"delete_user", kStranger});
}

TEST_CASE("--version and --help answer without any server") {
  for (const std::string flag : {"--version", "--help"}) {
    Service service(base_environment(), {flag});
    CHECK(service.wait_exit_status(seconds(5)) == 0);
    CHECK(service.count_in_log("event-consumer") > 0);
  }
}

}  // namespace event_consumer::testing
