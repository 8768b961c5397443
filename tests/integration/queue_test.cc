// Queues as we find them, or make them.
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/scene.h"
#include "tests/support/service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

}  // namespace

TEST_CASE("a queue that does not exist is created as the publisher would, and the log says so") {
  Scene scene("created");
  Service service(scene.environment());
  REQUIRE(service.wait_consuming(2));
  CHECK(service.count_in_log("did not exist") >= 3);  // table, queue, dead-letter queue
  // Neither the publisher nor a route through the exchange meets other arguments than its own.
  scene.declare_topology();
  AmqpClient client(rabbitmq().url());
  client.publish(scene.exchange(), scene.queue(), ClickEvents().json_at(0));
  CHECK(wait_until([&] { return scene.rows() == 1; }, seconds(10)));
}

TEST_CASE("a queue with other arguments is used as it is") {
  Scene scene("quorum");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(scene.queue(), {{"x-queue-type", "quorum"}});
  Service service(scene.environment());
  REQUIRE(service.wait_consuming(2));
  client.publish("", scene.queue(), ClickEvents().json_at(0));
  client.publish("", scene.queue(), "rubbish");
  CHECK(wait_until([&] { return scene.rows() == 1; }, seconds(10)));
  CHECK(wait_until([&] { return client.message_count(scene.dead_letter_queue()) == 1; },
                   seconds(10)));
}

TEST_CASE("a dead letter keeps its properties and is made to last") {
  Scene scene("properties");
  scene.declare_topology();
  AmqpClient client(rabbitmq().url());
  MessageProperties properties;
  properties.content_type = "text/x-rubbish";
  properties.message_id = "message-17";
  properties.headers = {{"trace", "abc"}, {"x-event-consumer-reason", "of an earlier life"}};
  client.publish(scene.exchange(), scene.queue(), "rubbish", properties);
  Service service(scene.environment());

  std::optional<Message> letter;
  const auto arrived = [&] {
    return client.queue_exists(scene.dead_letter_queue()) &&
           (letter = client.get(scene.dead_letter_queue())).has_value();
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
  Scene scene("policy");
  AmqpClient client(rabbitmq().url());
  const std::string broken = scene.queue() + ".dead";
  client.declare_queue(broken);
  client.declare_queue(scene.queue(), {{"x-dead-letter-exchange", std::string()},
                                       {"x-dead-letter-routing-key", broken}});
  Environment environment = scene.environment();
  environment["EVENT_CONSUMER_DEAD_LETTER_QUEUE"] = "";
  Service service(environment);
  client.publish("", scene.queue(), "rubbish");
  client.publish("", scene.queue(), ClickEvents().json_at(0));
  CHECK(wait_until([&] { return scene.rows() == 1; }, seconds(20)));
  std::optional<Message> letter;
  CHECK(wait_until([&] { return (letter = client.get(broken)).has_value(); }, seconds(10)));
  CHECK(letter->body == "rubbish");
  CHECK(letter->properties.headers.count("x-event-consumer-reason") == 0);
  CHECK(service.stop() == 0);
  CHECK(client.message_count(scene.queue()) == 0);
}

TEST_CASE("an event larger than a batch may be is dead-lettered unchanged") {
  Scene scene("too_large");
  scene.declare_topology();
  Environment environment = scene.environment();
  environment["EVENT_CONSUMER_BATCH_BYTES"] = "200KiB";
  Service service(environment);
  AmqpClient client(rabbitmq().url());
  const std::string body = R"({"short_code": ")" + std::string(300 * 1024, 'a') + "\"}";
  client.publish(scene.exchange(), scene.queue(), body);
  std::optional<Message> letter;
  const auto arrived = [&] {
    return client.queue_exists(scene.dead_letter_queue()) &&
           (letter = client.get(scene.dead_letter_queue())).has_value();
  };
  REQUIRE(wait_until(arrived, seconds(20)));
  CHECK(letter->body == body);
  CHECK(letter->properties.headers.at("x-event-consumer-reason") == "too_large");
}

}  // namespace event_consumer::testing
