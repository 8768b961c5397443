// --print-config: every option, where it comes from, and no password.
#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/service.h"

namespace event_consumer::testing {
namespace {

// The line of `variable`, with runs of blanks as one.
std::string line_of(const std::string& output, const std::string& variable) {
  const auto start = output.find(variable + "=");
  if (start == std::string::npos) return "(no line)";
  std::string line = output.substr(start, output.find('\n', start) - start);
  for (auto at = line.find("  "); at != std::string::npos; at = line.find("  ")) line.erase(at, 1);
  return line;
}

}  // namespace

TEST_CASE("--print-config shows values and origins, needs no server and hides passwords") {
  const PrivateDirectory directory("print_config");
  const std::string file = directory.path() + "/settings";
  write_file(file, "CLICKHOUSE_PORT=8124\nCLICKHOUSE_PASSWORD=file-secret-31\n");
  Environment environment = base_environment();
  environment["RABBITMQ_URL"] = "amqp://app:url-secret-32@broker.example/";
  environment["RABBITMQ_QUEUE"] = "orders";
  const Finished shown =
      run_program(environment, {"--workers", "3", "--print-config", "--config", file});
  INFO(shown.output << shown.error_output);
  CHECK(describe_status(shown.status) == "exit status 0");
  CHECK(shown.error_output == "");
  const std::string& output = shown.output;
  CHECK(line_of(output, "EVENT_CONSUMER_CONFIG") ==
        "EVENT_CONSUMER_CONFIG=" + file + " # flag --config");
  CHECK(line_of(output, "EVENT_CONSUMER_WORKERS") == "EVENT_CONSUMER_WORKERS=3 # flag --workers");
  CHECK(line_of(output, "RABBITMQ_URL") ==
        "RABBITMQ_URL=amqp://app:***@broker.example/ # environment");
  CHECK(line_of(output, "CLICKHOUSE_PORT") == "CLICKHOUSE_PORT=8124 # file " + file);
  CHECK(line_of(output, "CLICKHOUSE_PASSWORD") == "CLICKHOUSE_PASSWORD=*** # file " + file);
  CHECK(line_of(output, "EVENT_CONSUMER_DEAD_LETTER_QUEUE") ==
        "EVENT_CONSUMER_DEAD_LETTER_QUEUE=orders.dead # default");
  CHECK_FALSE(contains(output, "secret"));
}

TEST_CASE("--print-config refuses what a start would refuse") {
  Environment environment = base_environment();
  environment["CLICKHOUSE_PORT"] = "http";
  const Finished refused = run_program(environment, {"--print-config"});
  CHECK(describe_status(refused.status) == "exit status 64");
  CHECK(refused.output == "");
  CHECK(contains(refused.error_output, "CLICKHOUSE_PORT"));
}

}  // namespace event_consumer::testing
