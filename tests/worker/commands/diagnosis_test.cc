// The words are those of real servers; tests/integration/check_test.cc meets the servers.
#include "worker/commands/diagnosis.h"

#include "common/option_table.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

Options options() {
  auto resolved = resolve_options({}, {{"CLICKHOUSE_PASSWORD", "hunter2"}}, {});
  if (!resolved) FAIL(resolved.error().message);
  return resolved->options;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("diagnosis: ClickHouse does not answer", "[diagnosis]") {
  const auto refused = diagnose_clickhouse({0, "cannot connect", 0}, options());
  CHECK(refused.exit_code == ExitCode::kUnavailable);
  CHECK(holds(refused.remedy, "start the server"));
  const auto closed = diagnose_clickhouse({0, "the connection was closed", 0}, options());
  CHECK(closed.exit_code == ExitCode::kUnavailable);
  CHECK(holds(closed.remedy, "nobody speaks HTTP there"));
}

TEST_CASE("diagnosis: ClickHouse refuses the login, old and new", "[diagnosis]") {
  for (const int code : {192, 193, 194, 516}) {
    const auto diagnosis = diagnose_clickhouse(
        {403,
         "Code: 193, e.displayText() = DB::Exception: Wrong password, e.what() = DB::Exception",
         code},
        options());
    CHECK(diagnosis.exit_code == ExitCode::kConfiguration);
    CHECK(diagnosis.cause == "Code: 193, e.displayText() = DB::Exception: Wrong password");
    CHECK(holds(diagnosis.remedy, "CLICKHOUSE_PASSWORD (now set)"));
    CHECK_FALSE(holds(diagnosis.remedy, "hunter2"));
  }
}

TEST_CASE("diagnosis: ClickHouse refuses the right", "[diagnosis]") {
  for (const int code : {164, 497})
    CHECK(holds(diagnose_clickhouse({500, "Code: 497. No.\nStack trace", code}, options()).remedy,
                "right to insert into url_shortener.click_events"));
}

TEST_CASE("diagnosis: not the HTTP port, not ClickHouse", "[diagnosis]") {
  const auto native = diagnose_clickhouse(
      {400, "Port 9000 is for clickhouse-client program.\r\nYou must use port 8123 for HTTP.", 0},
      options());
  CHECK(holds(native.remedy, "CLICKHOUSE_PORT"));
  CHECK(native.exit_code == ExitCode::kConfiguration);
  const auto https =
      diagnose_clickhouse({400, "400 The plain HTTP request was sent to HTTPS port", 0}, options());
  CHECK(holds(https.remedy, "wants HTTPS"));
  const auto other = diagnose_clickhouse({404, "<html>", 0}, options());
  CHECK(holds(other.remedy, "this is not ClickHouse"));
  CHECK(other.exit_code == ExitCode::kConfiguration);
  CHECK(diagnose_clickhouse({502, "Bad gateway", 0}, options()).exit_code ==
        ExitCode::kUnavailable);
}

TEST_CASE("diagnosis: RabbitMQ", "[diagnosis]") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"the server says 403 ACCESS_REFUSED - Login was refused using authentication mechanism "
       "PLAIN",
       "correct user and password in RABBITMQ_URL"},
      {"the server says 530 NOT_ALLOWED - vhost nowhere not found", "correct the virtual host"},
      {"the server says 530 NOT_ALLOWED - access to vhost '/' refused for user 'app'",
       "rabbitmqctl set_permissions -p / guest"},
      {"the server says 403 ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user",
       "the missing right"},
  };
  for (const auto& [said, remedy] : cases) {
    const auto diagnosis = diagnose_rabbitmq({ExitCode::kConfiguration, said}, AmqpUrl{});
    CHECK(diagnosis.exit_code == ExitCode::kConfiguration);
    CHECK(diagnosis.cause == said);
    CHECK(holds(diagnosis.remedy, remedy));
  }
  CHECK(
      holds(diagnose_rabbitmq({ExitCode::kUnavailable, "cannot connect to RabbitMQ h:1"}, AmqpUrl{})
                .remedy,
            "start the broker"));
  CHECK(holds(diagnose_rabbitmq({ExitCode::kUnavailable, "cannot log in to RabbitMQ h:1: timeout"},
                                AmqpUrl{})
                  .remedy,
              "15672"));
}

}  // namespace
}  // namespace event_consumer
