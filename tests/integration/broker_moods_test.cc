// RabbitMQ in its moods: after each, the same workers go on by themselves, events flow within five
// seconds of the cause ending, and none is lost.
#include "tests/support/catch.h"
#include "tests/support/flow.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

using std::chrono::seconds;

TEST_CASE("the broker is restarted in order") {
  Flow flow("broker_restart");
  rabbitmq().stop();
  CHECK(flow.wait_for_log("CONNECTION_FORCED", 2));
  rabbitmq().start();
  CHECK(flow.flows());
  CHECK(flow.service().stop() == 0);
}

TEST_CASE("the broker is killed") {
  Flow flow("broker_kill");
  rabbitmq().kill();
  CHECK(flow.wait_for_log("lost", 2));
  rabbitmq().start();
  CHECK(flow.flows());
}

TEST_CASE("an operator closes all connections twenty times in a row") {
  Flow flow("broker_closes");
  for (int i = 0; i < 20; ++i) {
    flow.publish();
    rabbitmq().ctl({"close_all_connections", "for the test"});
    flow.publish();
  }
  CHECK(flow.all_arrive());
}

TEST_CASE("the queue is deleted under the consumer: it is made again as the publisher would") {
  Flow flow("queue_deleted");
  AmqpClient(rabbitmq().url()).delete_queue(flow.scene().queue());
  CHECK(flow.wait_for_log("the server cancelled the consumer", 2));
  AmqpClient client(rabbitmq().url());
  CHECK(wait_until([&] { return client.queue_exists(flow.scene().queue()); }, seconds(5)));
  CHECK(flow.flows());
}

TEST_CASE("the dead-letter queue is deleted: nothing is acknowledged that it has not taken") {
  Flow flow("dead_letters_deleted");
  AmqpClient client(rabbitmq().url());
  client.delete_queue(flow.scene().dead_letter_queue());
  flow.publish_rubbish(1);
  CHECK(flow.wait_for_log("does not exist any more (basic.return)"));
  CHECK(wait_until(
      [&] {
        return client.queue_exists(flow.scene().dead_letter_queue()) &&
               client.message_count(flow.scene().dead_letter_queue()) == 1;
      },
      seconds(10)));
  CHECK(flow.flows());
}

TEST_CASE("the broker stops answering without a word: heartbeats notice") {
  Flow flow("broker_hangs", {{"RABBITMQ_URL", rabbitmq().url() + "?heartbeat=2"}});
  rabbitmq().pause();
  CHECK(flow.wait_for_log("lost the connection", 2));
  rabbitmq().resume();
  CHECK(flow.flows());
}

TEST_CASE("a stop while the broker does not answer ends within the stop timeout") {
  Flow flow("stop_hanging", {{"EVENT_CONSUMER_STOP_TIMEOUT", "6"}});
  rabbitmq().pause();
  CHECK(flow.service().stop(seconds(8)) == 0);
  INFO(flow.service().log());
  CHECK(flow.service().count_in_log("not stopped within") == 0);
  rabbitmq().resume();
}

TEST_CASE("a stop while the broker is away is at once") {
  Flow flow("stop_without_broker");
  rabbitmq().stop();
  CHECK(flow.wait_for_log("CONNECTION_FORCED", 2));
  CHECK(flow.service().stop(seconds(5)) == 0);
  rabbitmq().start();
}

}  // namespace event_consumer::testing
