// Slips in names on the real programs: what is said, how often, and that nothing is lost. The table
// of all of them stands in event-consumer(8); most need no server and are in tests/common.
#include <signal.h>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kSecret[] = "slip-secret-4711";
constexpr char kNearMiss[] =
    "environment variable CLICKHOUSE_PASWORD is not the variable of any option and has no effect: "
    "did you mean CLICKHOUSE_PASSWORD?\n";
constexpr char kLink[] = "CLICKHOUSE_PORT=tcp://10.0.0.1:8123 is passed over";

Environment with_slips(const TestTopology& topology) {
  Environment environment = topology.environment();
  environment["CLICKHOUSE_HOST"] = "127.0.0.1:" + environment.at("CLICKHOUSE_PORT");
  environment["CLICKHOUSE_PORT"] = "tcp://10.0.0.1:8123";
  environment["CLICKHOUSE_PASWORD"] = kSecret;
  environment["EVENT_CONSUMER_LOG_LEVEL"] = "info";
  return environment;
}

}  // namespace

TEST_CASE("slips: the service says each once, however many workers and reloads") {
  TestTopology topology("slips");
  Environment environment = with_slips(topology);
  environment["EVENT_CONSUMER_WORKERS"] = "3";
  Service service(environment);
  REQUIRE(service.wait_consuming(3));
  service.send(SIGHUP);
  REQUIRE(service.wait_consuming(6));
  CHECK(service.stop() == 0);
  INFO(service.log());
  CHECK(service.count_in_log(kNearMiss) == 1);
  CHECK(service.count_in_log(kLink) == 1);
  CHECK(service.count_in_log(kSecret) == 0);
}

TEST_CASE("slips: check and --print-config say each once") {
  TestTopology topology("slips_said");
  for (const auto& [argument, mark] : std::vector<std::pair<std::string, std::string>>{
           {"check", "! "}, {"--print-config", "# ! "}}) {
    const Finished finished = run_program(with_slips(topology), {argument});
    INFO(finished.output << finished.error_output);
    CHECK(describe_status(finished.status) == "exit status 0");
    CHECK(count_occurrences(finished.output, mark + kNearMiss) == 1);
    CHECK(count_occurrences(finished.output, mark + kLink) == 1);
    CHECK(finished.error_output == "");
    CHECK_FALSE(contains(finished.output, kSecret));
  }
}

TEST_CASE("slips: an unknown variable of ours stops every command, and nothing is taken") {
  TestTopology topology("slips_refused");
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKRES"] = "4";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {}, {"check"}, {"--print-config"}, {"status"}, {"dead-letters", "list"}}) {
    const Finished finished = run_program(environment, arguments);
    CHECK(describe_status(finished.status) == "exit status 64");
    CHECK(finished.output == "");
    CHECK(contains(finished.error_output, "did you mean EVENT_CONSUMER_WORKERS?"));
  }
}

TEST_CASE("slips: the address of ClickHouse as one would give it to curl is taken, with TLS") {
  TestTopology topology("slips_https");
  Environment environment = topology.environment();
  environment["CLICKHOUSE_HOST"] =
      "https://127.0.0.1:" + std::to_string(clickhouse().https_port()) + "/";
  environment["CLICKHOUSE_CA_FILE"] = certificates().ca_file();
  environment.erase("CLICKHOUSE_PORT");
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"check"}, {"check", "--clickhouse-tls=yes"}}) {
    const Finished finished = run_program(environment, arguments);
    INFO(finished.output << finished.error_output);
    CHECK(describe_status(finished.status) == "exit status 0");
  }
  // The worker gets the resolved options of its supervisor.
  Service service(environment);
  CHECK(service.wait_consuming(2));
  CHECK(service.stop() == 0);
}

TEST_CASE("slip: a slip in the file at a reload") {
  TestTopology topology("slip_reload");
  topology.declare_topology();
  const PrivateDirectory directory("slip_reload");
  const std::string file = directory.path() + "/options";
  write_file(file, "EVENT_CONSUMER_BATCH_DELAY=0.1\n");
  Service service(topology.environment(), {"--config", file});
  REQUIRE(service.wait_consuming(2));
  write_file(file, "EVENT_CONSUMER_BATCH_DELAI=0.2\n");
  service.send(SIGHUP);
  CHECK(wait_until(
      [&] {
        return service.count_in_log(
                   "not reloaded, everything stays as it is: " + file +
                   ", line 1: 'EVENT_CONSUMER_BATCH_DELAI' is not the variable of any "
                   "option: did you mean EVENT_CONSUMER_BATCH_DELAY?") == 1;
      },
      seconds(20)));
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  const ClickEvents events;
  publish_confirmed(client, topology, 0, 100, [&](std::uint64_t id) { return events.json_at(id); });
  CHECK(wait_until([&] { return topology.rows() == 100; }, seconds(20)));
  CHECK(service.stop() == 0);
  CHECK(topology.rows() == 100);
}

}  // namespace event_consumer::testing
