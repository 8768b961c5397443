// A name server that is dead: whoever waits for it shows signs of life, takes the next host of the
// list, and ends when asked to.
#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/dead_name_server.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// One that does not show signs of life is ended soon.
Environment impatient(const TestTopology& topology) {
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKER_TIMEOUT"] = "5";
  return environment;
}

bool is_skipped() {
  if (dead_name_servers_are_possible()) return false;
  WARN("not tested: it takes root to mount, and to listen on port 53");
  return true;
}

// Both hosts of a list in turn are waited for until the service is asked to stop.
void check_stop(const Environment& environment) {
  const DeadNameServer name_server;
  Service service(environment, {}, name_server.event_consumer());
  REQUIRE(wait_until([&] { return name_server.take_questions() > 0; }, seconds(20)));
  // Longer than a worker may show no sign of life.
  const TimePoint begin = Clock::now();
  wait_until([&] { return Clock::now() - begin > seconds(7); }, seconds(8));
  const TimePoint asked_at = Clock::now();
  CHECK(service.stop(seconds(10)) == 0);
  CHECK(Clock::now() - asked_at < seconds(3));
  INFO(service.log());
  CHECK(service.count_in_log("no sign of life") == 0);
}

// Events flow through the second host of a list.
void check_next_host(const Environment& environment) {
  const DeadNameServer name_server;
  Service service(environment, {}, name_server.event_consumer());
  const bool consumes = service.wait_consuming(1, seconds(40));
  INFO(service.log());
  CHECK(consumes);
  CHECK(service.count_in_log("its name is not resolved within 10 s") > 0);
  CHECK(service.count_in_log("no sign of life") == 0);
  CHECK(name_server.take_questions() > 0);
  CHECK(service.stop(seconds(10)) == 0);
}

}  // namespace

TEST_CASE("a dead name server: workers that look for the broker live, and a stop is at once") {
  if (is_skipped()) return;
  TestTopology topology("dead_names_rabbitmq");
  Environment environment = impatient(topology);
  environment["RABBITMQ_URL"] = "amqp://one.example/,amqp://two.example/";
  check_stop(environment);
}

TEST_CASE("a dead name server: workers that look for ClickHouse live, and a stop is at once") {
  if (is_skipped()) return;
  TestTopology topology("dead_names_clickhouse");
  Environment environment = impatient(topology);
  environment["CLICKHOUSE_HOST"] = "one.example,two.example";
  check_stop(environment);
}

TEST_CASE("a dead name server: the next broker of the list is used") {
  if (is_skipped()) return;
  TestTopology topology("dead_name_broker");
  Environment environment = impatient(topology);
  environment["RABBITMQ_URL"] = "amqp://one.example/," + rabbitmq().url();
  check_next_host(environment);
}

TEST_CASE("a dead name server: the next ClickHouse of the list is used") {
  if (is_skipped()) return;
  TestTopology topology("dead_name_clickhouse");
  Environment environment = impatient(topology);
  environment["CLICKHOUSE_HOST"] =
      "one.example,127.0.0.1:" + std::to_string(clickhouse().http_port());
  check_next_host(environment);
}

TEST_CASE("a dead name server: check says so") {
  if (is_skipped()) return;
  const DeadNameServer name_server;
  TestTopology topology("dead_name_check");
  Command command;
  command.argv = {name_server.event_consumer(), "check"};
  command.environment = topology.environment();
  command.environment["RABBITMQ_URL"] = "amqp://one.example/";
  const Finished finished = run(command, seconds(30));
  INFO(finished.output << finished.error_output);
  CHECK(describe_status(finished.status) == "exit status 69");
  CHECK(finished.output.find("one.example cannot be resolved: no answer within 10 s") !=
        std::string::npos);
}

}  // namespace event_consumer::testing
