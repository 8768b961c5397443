// RabbitMQ in its moods: after each, the same workers go on by themselves, events flow within five
// seconds of the cause ending, and none is lost.
#include <optional>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/scene.h"
#include "tests/support/service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// A service on a topology of its own that has stored event 0.
class Flow {
 public:
  explicit Flow(const std::string& name, const Environment& overrides = {}) : scene_(name) {
    scene_.declare_topology();
    Environment environment = scene_.environment();
    for (const auto& [variable, text] : overrides) environment[variable] = text;
    service_.emplace(environment);
    REQUIRE(service_->wait_consuming(2));
    workers_ = service_->workers();
    publish_and_expect();
  }

  const Scene& scene() const { return scene_; }
  Service& service() { return *service_; }

  // Publishes some more events, as persistent messages.
  void publish() {
    AmqpClient client(rabbitmq().url());
    client.enable_confirms();
    MessageProperties persistent;
    persistent.delivery_mode = 2;
    for (int i = 0; i < 100; ++i)
      client.publish(scene_.exchange(), scene_.queue(), events_.json_at(published_++), persistent);
    CHECK(client.wait_for_confirms(seconds(10)));
  }

  // Everything published is stored within five seconds.
  void expect_all() {
    INFO(service_->log());
    CHECK(wait_until([&] { return scene_.distinct_events() == published_; }, seconds(5)));
    CHECK(service_->workers() == workers_);
  }

  void publish_and_expect() {
    publish();
    expect_all();
  }

  bool wait_for_log(const std::string& text, std::size_t times = 1) {
    return wait_until([&] { return service_->count_in_log(text) >= times; }, seconds(20));
  }

 private:
  Scene scene_;
  ClickEvents events_;
  std::uint64_t published_ = 0;
  std::optional<Service> service_;
  std::vector<pid_t> workers_;
};

}  // namespace

TEST_CASE("the broker is restarted in order") {
  Flow flow("broker_restart");
  rabbitmq().stop();
  CHECK(flow.wait_for_log("CONNECTION_FORCED", 2));
  rabbitmq().start();
  flow.publish_and_expect();
  CHECK(flow.service().stop() == 0);
}

TEST_CASE("the broker is killed") {
  Flow flow("broker_kill");
  rabbitmq().kill();
  CHECK(flow.wait_for_log("lost", 2));
  rabbitmq().start();
  flow.publish_and_expect();
}

TEST_CASE("an operator closes all connections twenty times in a row") {
  Flow flow("broker_closes");
  for (int i = 0; i < 20; ++i) {
    flow.publish();
    rabbitmq().ctl({"close_all_connections", "for the test"});
    flow.publish();
  }
  flow.expect_all();
}

TEST_CASE("the queue is deleted under the consumer: it is made again as the publisher would") {
  Flow flow("queue_deleted");
  AmqpClient(rabbitmq().url()).delete_queue(flow.scene().queue());
  CHECK(flow.wait_for_log("the server cancelled the consumer", 2));
  AmqpClient client(rabbitmq().url());
  CHECK(wait_until([&] { return client.queue_exists(flow.scene().queue()); }, seconds(5)));
  flow.publish_and_expect();
}

TEST_CASE("the dead-letter queue is deleted: nothing is acknowledged that it has not taken") {
  Flow flow("dead_letters_deleted");
  AmqpClient client(rabbitmq().url());
  client.delete_queue(flow.scene().dead_letter_queue());
  client.publish(flow.scene().exchange(), flow.scene().queue(), "rubbish");
  CHECK(flow.wait_for_log("does not exist any more (basic.return)"));
  CHECK(wait_until(
      [&] {
        return client.queue_exists(flow.scene().dead_letter_queue()) &&
               client.message_count(flow.scene().dead_letter_queue()) == 1;
      },
      seconds(10)));
  flow.publish_and_expect();
}

TEST_CASE("the broker stops answering without a word: heartbeats notice") {
  Flow flow("broker_hangs", {{"RABBITMQ_URL", rabbitmq().url() + "?heartbeat=2"}});
  rabbitmq().pause();
  CHECK(flow.wait_for_log("lost the connection", 2));
  rabbitmq().resume();
  flow.publish_and_expect();
}

TEST_CASE("a stop while the broker is away is at once") {
  Flow flow("stop_without_broker");
  rabbitmq().stop();
  CHECK(flow.wait_for_log("CONNECTION_FORCED", 2));
  CHECK(flow.service().stop(seconds(5)) == 0);
  rabbitmq().start();
}

}  // namespace event_consumer::testing
