// The type of the queues that the service makes, and those that are there already.
#include <map>
#include <sstream>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// What a queue is, by the broker's own words.
std::string type_of(const std::string& queue) {
  std::istringstream lines(rabbitmq().ctl({"-q", "list_queues", "name", "type"}));
  for (std::string name, type; lines >> name >> type;)
    if (name == queue) return type;
  return "";
}

// One good event and one that is none.
void publish_two(const TestTopology& topology) {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  client.publish("", topology.queue(), ClickEvents().json_at(0));
  client.publish("", topology.queue(), "rubbish");
  REQUIRE(client.wait_for_confirms(seconds(20)));
}

void check_that_both_arrive(const TestTopology& topology) {
  CHECK(wait_until([&] { return topology.distinct_events() == 1; }, seconds(20)));
  AmqpClient client(rabbitmq().url());
  CHECK(wait_until([&] { return client.message_count(topology.dead_letter_queue()) == 1; },
                   seconds(20)));
}

Environment one_worker(const TestTopology& topology, const std::string& type) {
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_QUEUE_TYPE"] = type;
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  return environment;
}

}  // namespace

// By default RabbitMQ 4 drops from a quorum queue what has come back 20 times.
TEST_CASE("queue type: dead letters in a quorum queue of ours can be listed for ever") {
  TestTopology topology("made_quorum");
  const Environment environment = one_worker(topology, "quorum");
  Service service(environment);
  REQUIRE(service.wait_consuming(1));
  publish_two(topology);
  check_that_both_arrive(topology);
  CHECK(service.stop() == 0);
  CHECK(type_of(topology.queue()) == "quorum");
  CHECK(type_of(topology.dead_letter_queue()) == "quorum");
  for (int i = 0; i < 22; ++i) {
    const Finished listed = run_program(environment, {"dead-letters", "list", "--summary"});
    REQUIRE(contains(listed.output, "1 counted, all 1 stay"));
  }
  const Finished checked = run_program(environment, {"check"});
  INFO(checked.output);
  CHECK(contains(checked.output,
                 "1 message waits, 0 consumers; a quorum queue with a delivery "
                 "limit of 1000000000\n"));
  CHECK_FALSE(contains(checked.output, "drops"));
}

TEST_CASE("queue type: queues that exist are used as they are") {
  const auto [exists, wanted] = GENERATE(std::pair<std::string, std::string>("classic", "quorum"),
                                         std::pair<std::string, std::string>("quorum", "classic"));
  TestTopology topology("there_" + exists);
  AmqpClient client(rabbitmq().url());
  for (const std::string& queue : {topology.queue(), topology.dead_letter_queue()})
    client.declare_queue(queue, {{"x-queue-type", exists}});
  Service service(one_worker(topology, wanted));
  REQUIRE(service.wait_consuming(1));
  publish_two(topology);
  check_that_both_arrive(topology);
  CHECK(service.stop() == 0);
  CHECK(type_of(topology.queue()) == exists);
}

// Whatever else the queue was declared with.
TEST_CASE("queue type: check says it, and what a delivery limit costs") {
  TestTopology topology("limited");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), {{"x-queue-type", std::string("quorum")},
                                          {"x-delivery-limit", std::int64_t(3)},
                                          {"x-max-length", std::int64_t(100)},
                                          {"x-dead-letter-exchange", std::string("elsewhere")},
                                          {"x-single-active-consumer", true}});
  client.declare_queue(topology.dead_letter_queue(), {{"x-queue-type", std::string("quorum")},
                                                      {"x-delivery-limit", std::int64_t(5)}});
  Environment environment = topology.environment();
  const Finished checked = run_program(environment, {"check"});
  INFO(checked.output);
  CHECK(describe_status(checked.status) == "exit status 0");
  CHECK(contains(checked.output, "0 consumers; a quorum queue with a delivery limit of 3\n"));
  CHECK(contains(checked.output, "set EVENT_CONSUMER_DELIVERY_LIMIT=3"));
  CHECK(contains(checked.output, "0 consumers; a quorum queue with a delivery limit of 5\n"));
  CHECK_FALSE(contains(checked.output, "cannot be listed"));
  environment["EVENT_CONSUMER_DELIVERY_LIMIT"] = "3";
  CHECK_FALSE(contains(run_program(environment, {"check"}).output, "has come back more than"));

  TestTopology plain("plain_kind");
  client.declare_queue(plain.queue());
  CHECK(contains(run_program(plain.environment(), {"check"}).output,
                 "0 consumers; a classic queue\n"));
}

}  // namespace event_consumer::testing
