// Queues as we find them, or make them.
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

}  // namespace

TEST_CASE("a queue that does not exist is created as the publisher would, and the log says so") {
  TestTopology topology("created");
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  CHECK(service.count_in_log("did not exist") >= 3);  // table, queue, dead-letter queue
  // Neither the publisher nor a route through the exchange meets other arguments than its own.
  topology.declare_topology();
  AmqpClient client(rabbitmq().url());
  client.publish(topology.exchange(), topology.queue(), ClickEvents().json_at(0));
  CHECK(wait_until([&] { return topology.rows() == 1; }, seconds(10)));
}

TEST_CASE("a queue with other arguments is used as it is") {
  TestTopology topology("quorum");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), {{"x-queue-type", "quorum"}});
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  client.publish("", topology.queue(), ClickEvents().json_at(0));
  client.publish("", topology.queue(), "rubbish");
  CHECK(wait_until([&] { return topology.rows() == 1; }, seconds(10)));
  CHECK(wait_until([&] { return client.message_count(topology.dead_letter_queue()) == 1; },
                   seconds(10)));
}

TEST_CASE("a queue that is limited in length loses the oldest, and nothing else") {
  TestTopology topology("limited");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), {{"x-max-length", std::int64_t{10}}});
  const ClickEvents events;
  for (std::uint64_t id = 0; id < 15; ++id)
    client.publish("", topology.queue(), events.json_at(id));
  REQUIRE(wait_until(
      [&] {
        const auto first = client.get(topology.queue(), /*auto_ack=*/false);
        if (!first) return false;
        client.reject(first->delivery_tag, /*requeue=*/true);
        return first->body == events.json_at(5) && client.message_count(topology.queue()) == 10;
      },
      seconds(10)));
  Service service(topology.environment());
  CHECK(wait_until([&] { return topology.rows() == 10; }, seconds(20)));
  CHECK(topology.distinct_events() == 10);
}

TEST_CASE("a queue with a single active consumer comes to rest between two instances") {
  constexpr std::uint64_t kEvents = 5000;
  TestTopology topology("single_active");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), {{"x-single-active-consumer", true}});
  const ClickEvents events;
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service first(environment);
  REQUIRE(first.wait_consuming(1));
  Service second(environment);
  REQUIRE(second.wait_consuming(1));
  for (std::uint64_t id = 0; id < kEvents; ++id)
    client.publish("", topology.queue(), events.json_at(id));
  CHECK(wait_until([&] { return topology.distinct_events() == kEvents; }, seconds(60)));
  CHECK(topology.rows() == kEvents);
  // The other one takes over from the one that goes.
  CHECK(first.stop() == 0);
  client.publish("", topology.queue(), events.json_at(kEvents));
  CHECK(wait_until([&] { return topology.distinct_events() == kEvents + 1; }, seconds(20)));
}

TEST_CASE("a dead letter keeps its properties and is made to last") {
  TestTopology topology("properties");
  topology.declare_topology();
  AmqpClient client(rabbitmq().url());
  MessageProperties properties;
  properties.content_type = "text/x-rubbish";
  properties.message_id = "message-17";
  properties.headers = {{"trace", "abc"}, {"x-event-consumer-reason", "of an earlier life"}};
  client.publish(topology.exchange(), topology.queue(), "rubbish", properties);
  Service service(topology.environment());

  std::optional<Message> letter;
  const auto arrived = [&] {
    return client.queue_exists(topology.dead_letter_queue()) &&
           (letter = client.get(topology.dead_letter_queue())).has_value();
  };
  REQUIRE(wait_until(arrived, seconds(20)));
  CHECK(letter->body == "rubbish");
  CHECK(letter->properties.content_type == "text/x-rubbish");
  CHECK(letter->properties.message_id == "message-17");
  CHECK(letter->properties.delivery_mode == 2);
  CHECK(letter->properties.headers.at("trace") == "abc");
  CHECK(letter->properties.headers.at("x-event-consumer-reason") == "not_json");
}

TEST_CASE("without a dead-letter queue of ours the broker's own policy applies") {
  TestTopology topology("policy");
  AmqpClient client(rabbitmq().url());
  const std::string broken = topology.queue() + ".dead";
  client.declare_queue(broken);
  client.declare_queue(topology.queue(), {{"x-dead-letter-exchange", std::string()},
                                          {"x-dead-letter-routing-key", broken}});
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_DEAD_LETTER_QUEUE"] = "";
  Service service(environment);
  client.publish("", topology.queue(), "rubbish");
  client.publish("", topology.queue(), ClickEvents().json_at(0));
  CHECK(wait_until([&] { return topology.rows() == 1; }, seconds(20)));
  std::optional<Message> letter;
  CHECK(wait_until([&] { return (letter = client.get(broken)).has_value(); }, seconds(10)));
  CHECK(letter->body == "rubbish");
  CHECK(letter->properties.headers.count("x-event-consumer-reason") == 0);
  CHECK(service.stop() == 0);
  CHECK(client.message_count(topology.queue()) == 0);
}

TEST_CASE("an event larger than a batch may be is dead-lettered unchanged") {
  TestTopology topology("too_large");
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_BATCH_BYTES"] = "200KiB";
  Service service(environment);
  AmqpClient client(rabbitmq().url());
  const std::string body = R"({"short_code": ")" + std::string(300 * 1024, 'a') + "\"}";
  client.publish(topology.exchange(), topology.queue(), body);
  std::optional<Message> letter;
  const auto arrived = [&] {
    return client.queue_exists(topology.dead_letter_queue()) &&
           (letter = client.get(topology.dead_letter_queue())).has_value();
  };
  REQUIRE(wait_until(arrived, seconds(20)));
  CHECK(letter->body == body);
  CHECK(letter->properties.headers.at("x-event-consumer-reason") == "too_large");
}

}  // namespace event_consumer::testing
