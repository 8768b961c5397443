#include "tests/support/refused_start.h"

#include <chrono>

namespace event_consumer::testing {

std::string not_refused(const TestTopology& topology, Environment environment,
                        const std::string& cause, const std::string& remedy) {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  client.publish("", topology.queue(), R"({"id":1})");
  client.wait_for_confirms(std::chrono::seconds(10));

  const Finished check = run_program(environment, {"check"});
  if (describe_status(check.status) != "exit status 78" ||
      !has_line_with(check.output, {"✗ ", cause, remedy}))
    return "check: " + describe_status(check.status) + "\n" + check.output;
  environment["EVENT_CONSUMER_START_TIMEOUT"] = "2";
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service service(environment);
  const auto status = service.wait_exit_status(std::chrono::seconds(30));
  if (status != 78 || !has_line_with(service.log(), {cause, remedy}))
    return "start: " + (status ? std::to_string(*status) : "still runs") + "\n" + service.log();
  const auto left = client.message_count(topology.queue());
  client.purge_queue(topology.queue());
  return left == 1 ? "" : std::to_string(left) + " messages are left\n" + service.log();
}

}  // namespace event_consumer::testing
