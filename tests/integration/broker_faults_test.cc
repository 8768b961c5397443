// RabbitMQ in its moods: after each, the same workers go on by themselves, events flow within five
// seconds of the cause ending, and none is lost.
#include "tests/support/catch.h"
#include "tests/support/running_service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

using std::chrono::seconds;

TEST_CASE("the broker is restarted in order") {
  RunningService running("broker_restart");
  rabbitmq().stop();
  CHECK(running.wait_for_log("CONNECTION_FORCED", 2));
  rabbitmq().start();
  CHECK(running.moves_events());
  CHECK(running.service().stop() == 0);
}

TEST_CASE("the broker is killed") {
  RunningService running("broker_kill");
  rabbitmq().kill();
  CHECK(running.wait_for_log("lost", 2));
  rabbitmq().start();
  CHECK(running.moves_events());
}

TEST_CASE("an operator closes all connections twenty times in a row") {
  RunningService running("broker_closes");
  for (int i = 0; i < 20; ++i) {
    running.publish();
    rabbitmq().ctl({"close_all_connections", "for the test"});
    running.publish();
  }
  CHECK(running.all_arrive());
}

TEST_CASE("the queue is deleted under the consumer: it is made again as the publisher would") {
  RunningService running("queue_deleted");
  AmqpClient(rabbitmq().url()).delete_queue(running.topology().queue());
  CHECK(running.wait_for_log("the server cancelled the consumer", 2));
  AmqpClient client(rabbitmq().url());
  CHECK(wait_until([&] { return client.queue_exists(running.topology().queue()); }, seconds(5)));
  CHECK(running.moves_events());
}

TEST_CASE("the dead-letter queue is deleted: nothing is acknowledged that it has not taken") {
  RunningService running("dead_letters_deleted");
  AmqpClient client(rabbitmq().url());
  client.delete_queue(running.topology().dead_letter_queue());
  running.publish_rubbish(1);
  CHECK(running.wait_for_log("does not exist any more"));
  CHECK(wait_until(
      [&] {
        return client.queue_exists(running.topology().dead_letter_queue()) &&
               client.message_count(running.topology().dead_letter_queue()) == 1;
      },
      seconds(10)));
  CHECK(running.moves_events());
}

TEST_CASE("the broker stops answering without a word: heartbeats notice") {
  RunningService running("broker_hangs", {{"RABBITMQ_URL", rabbitmq().url() + "?heartbeat=2"}});
  rabbitmq().pause();
  CHECK(running.wait_for_log("lost the connection", 2));
  rabbitmq().resume();
  CHECK(running.moves_events());
}

TEST_CASE("a stop while the broker does not answer ends within the stop timeout") {
  RunningService running("stop_hanging", {{"EVENT_CONSUMER_STOP_TIMEOUT", "6"}});
  rabbitmq().pause();
  CHECK(running.service().stop(seconds(8)) == 0);
  INFO(running.service().log());
  CHECK(running.service().count_in_log("not stopped within") == 0);
  rabbitmq().resume();
}

TEST_CASE("a stop while the broker is away is at once") {
  RunningService running("stop_without_broker");
  rabbitmq().stop();
  CHECK(running.wait_for_log("CONNECTION_FORCED", 2));
  CHECK(running.service().stop(seconds(5)) == 0);
  rabbitmq().start();
}

}  // namespace event_consumer::testing
