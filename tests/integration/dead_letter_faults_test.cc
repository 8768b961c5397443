// The dead-letter queue refuses, in each way in which RabbitMQ can. That is nobody's fault but the
// configuration's: nothing is acknowledged for it, and it heals within five seconds.
#include <signal.h>

#include <stdexcept>

#include "tests/support/catch.h"
#include "tests/support/running_service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr int kRubbish = 3;

class BrokerUser {
 public:
  BrokerUser() {
    rabbitmq().ctl({"add_user", "writer", "broker-secret-3"});
    may_write(".*");
  }
  ~BrokerUser() { rabbitmq().ctl({"delete_user", "writer"}); }

  void may_write(const std::string& where) {
    rabbitmq().ctl({"set_permissions", "writer", ".*", where, ".*"});
  }
  std::string url() const { return rabbitmq().url("/", "writer", "broker-secret-3"); }
};

// No rubbish was acknowledged: it is with a worker, or back in the queue.
bool has_all_rubbish(const RunningService& running) {
  const auto counts = rabbitmq().queue_counts(running.topology().queue());
  return counts.ready + counts.unacknowledged >= kRubbish;
}

// A broker short of memory, which reads nothing from connections that publish. The messages that
// `publish` publishes before are taken when it is so.
class BlockedPublishers {
 public:
  template <typename Publish>
  BlockedPublishers(RunningService& running, const Publish& publish) {
    running.service().send(SIGTSTP);
    const auto nobody_takes = [&] {
      return running.service().count_in_log("paused: no deliveries are taken") >= 2 &&
             AmqpClient(rabbitmq().url()).consumer_count(running.topology().queue()) == 0;
    };
    if (!wait_until(nobody_takes, seconds(20))) throw std::runtime_error(running.service().log());
    publish();
    rabbitmq().ctl({"set_vm_memory_high_watermark", "0.000001"});
    running.service().send(SIGCONT);
  }
  ~BlockedPublishers() { over(); }

  void over() const { rabbitmq().ctl({"set_vm_memory_high_watermark", "0.4"}); }
};

std::string beyond_all_buffers() { return std::string(std::size_t{32} << 20, 'x'); }

}  // namespace

TEST_CASE("a dead-letter queue that is full refuses with a nack: a pause, and no event is lost") {
  RunningService running("full_dead_letters");
  const std::string queue = running.topology().dead_letter_queue();
  rabbitmq().ctl({"set_policy", "full", "^" + running.topology().queue() + "\\.dead$",
                  R"({"max-length": 0, "overflow": "reject-publish"})", "--apply-to", "queues"});
  running.publish_rubbish(kRubbish);
  CHECK(running.wait_for_log("it refuses messages (basic.nack)"));
  running.publish();
  CHECK(has_all_rubbish(running));
  CHECK(running.dead_letters() == 0);
  rabbitmq().ctl({"clear_policy", "full"});
  CHECK(running.moves_events());
  CHECK(running.dead_letters() == kRubbish);
  // Once for each worker, though it was tried again and again.
  CHECK(running.service().count_in_log("it refuses messages (basic.nack)") <= 2);
  CHECK(running.service().stop() == 0);
}

// It takes them: they would be there as often as it was tried.
TEST_CASE("a dead-letter queue too full for one message does not get the others with each try") {
  RunningService running("nearly_full_dead_letters");
  rabbitmq().ctl({"set_policy", "nearly", "^" + running.topology().queue() + "\\.dead$",
                  R"({"max-length-bytes": 20000, "overflow": "reject-publish"})", "--apply-to",
                  "queues"});
  running.service().send(SIGTSTP);
  REQUIRE(wait_until(
      [&] { return AmqpClient(rabbitmq().url()).consumer_count(running.topology().queue()) == 0; },
      seconds(20)));
  running.publish_rubbish(std::string(50'000, 'x'));
  running.publish_rubbish(kRubbish);
  running.service().send(SIGCONT);
  CHECK(running.wait_for_log("it refuses messages (basic.nack)"));
  // They may have been on their way at the first one.
  CHECK_FALSE(wait_until([&] { return running.dead_letters() > 2 * kRubbish; }, seconds(12)));
  rabbitmq().ctl({"clear_policy", "nearly"});
  CHECK(running.moves_events());
  CHECK(running.service().stop() == 0);
}

TEST_CASE("a dead-letter queue that we may not write to refuses with 403: likewise") {
  BrokerUser user;
  RunningService running("forbidden_dead_letters", {{"RABBITMQ_URL", user.url()}});
  user.may_write("^$");
  running.publish_rubbish(kRubbish);
  CHECK(running.wait_for_log("403 ACCESS_REFUSED"));
  running.publish();
  CHECK(has_all_rubbish(running));
  CHECK(running.dead_letters() == 0);
  user.may_write(".*");
  CHECK(running.moves_events());
  CHECK(running.dead_letters() == kRubbish);
}

TEST_CASE("a dead-letter queue that is gone returns messages: it is made again") {
  RunningService running("returned_dead_letters");
  AmqpClient(rabbitmq().url()).delete_queue(running.topology().dead_letter_queue());
  running.publish_rubbish(kRubbish);
  CHECK(running.wait_for_log("does not exist any more"));
  CHECK(running.moves_events());
  CHECK(running.dead_letters() == kRubbish);
}

TEST_CASE("a dead-letter queue that refuses for too long: everything in hand is given back") {
  RunningService running("late_dead_letters", {{"EVENT_CONSUMER_HOLD_TIMEOUT", "3"}});
  const std::string queue = running.topology().dead_letter_queue();
  rabbitmq().ctl({"set_policy", "late", "^" + running.topology().queue() + "\\.dead$",
                  R"({"max-length": 0, "overflow": "reject-publish"})", "--apply-to", "queues"});
  running.publish_rubbish(1);
  CHECK(running.wait_for_log("everything in hand is given back"));
  CHECK(running.dead_letters() == 0);
  rabbitmq().ctl({"clear_policy", "late"});
  CHECK(running.all_arrive(seconds(20)));
}

TEST_CASE(
    "a stop while the dead-letter queue refuses is at once, and leaves the message where it is") {
  RunningService running("stop_refused");
  rabbitmq().ctl({"set_policy", "stop", "^" + running.topology().queue() + "\\.dead$",
                  R"({"max-length": 0, "overflow": "reject-publish"})", "--apply-to", "queues"});
  running.publish_rubbish(1);
  CHECK(running.wait_for_log("it refuses messages (basic.nack)"));
  CHECK(running.service().stop(seconds(10)) == 0);
  CHECK(AmqpClient(rabbitmq().url()).message_count(running.topology().queue()) == 1);
  rabbitmq().ctl({"clear_policy", "stop"});
}

TEST_CASE("a broker short of memory blocks publishers: events are stored, dead letters wait") {
  RunningService running("blocked");
  const BlockedPublishers blocked(running, [&] {
    running.publish_rubbish(kRubbish);
    running.publish();
  });
  CHECK(running.wait_for_log("takes nothing from publishers (low on memory)"));
  CHECK(wait_until([&] { return running.topology().distinct_events() == running.published(); },
                   seconds(5)));
  CHECK(has_all_rubbish(running));
  CHECK(running.dead_letters() == 0);
  blocked.over();
  CHECK(running.moves_events());
  CHECK(running.dead_letters() == kRubbish);
}

// The alarm is over once the queue is emptied, and whoever empties it must not wait for that: not
// even behind letters that have waited for long.
TEST_CASE("a broker short of memory: the queue is emptied though dead letters wait") {
  constexpr int kWindow = 20;
  RunningService running("blocked_full", {{"EVENT_CONSUMER_PREFETCH", std::to_string(kWindow)},
                                          {"EVENT_CONSUMER_HOLD_TIMEOUT", "2"}});
  const BlockedPublishers blocked(running, [&] {
    for (int i = 0; i < 4; ++i) {
      running.publish_rubbish(1);
      running.publish(20 * kWindow);
    }
  });
  CHECK(running.wait_for_log("takes nothing from publishers (low on memory)"));
  CHECK(wait_until([&] { return running.topology().distinct_events() == running.published(); },
                   seconds(20)));
  CHECK(running.dead_letters() == 0);
  CHECK(rabbitmq().queue_counts(running.topology().queue()).ready == 0);
  blocked.over();
  CHECK(running.all_arrive());
}

TEST_CASE("a stop while the broker blocks publishers leaves the message where it is") {
  RunningService running("stop_blocked", {{"EVENT_CONSUMER_STOP_TIMEOUT", "6"}});
  const BlockedPublishers blocked(running, [&] { running.publish_rubbish(1); });
  CHECK(running.wait_for_log("takes nothing from publishers (low on memory)"));
  CHECK(running.service().stop(seconds(10)) == 0);
  INFO(running.service().log());
  CHECK(running.service().count_in_log("not stopped within") == 0);
  CHECK(AmqpClient(rabbitmq().url()).message_count(running.topology().queue()) == 1);
}

TEST_CASE("a dead letter that a blocked broker does not read to its end holds up nothing else") {
  RunningService running("blocked_large");
  const std::string large = beyond_all_buffers();
  const BlockedPublishers blocked(running, [&] {
    running.publish();
    running.publish_rubbish(large);
  });
  CHECK(wait_until([&] { return running.topology().distinct_events() == running.published(); },
                   seconds(5)));
  CHECK(wait_until(
      [&] { return rabbitmq().queue_counts(running.topology().queue()).unacknowledged == 1; },
      seconds(10)));
  CHECK(running.dead_letters() == 0);
  blocked.over();
  CHECK(running.moves_events());
  CHECK(running.dead_letters() == 1);
  const auto letter = AmqpClient(rabbitmq().url()).get(running.topology().dead_letter_queue());
  REQUIRE(letter);
  CHECK((letter->body == large));
}

TEST_CASE("a message is given back while its dead letter is half sent: it ends as a dead letter") {
  // Heartbeats must go on behind the half that the broker does not read.
  RunningService running("blocked_half", {{"EVENT_CONSUMER_HOLD_TIMEOUT", "3"},
                                          {"RABBITMQ_URL", rabbitmq().url() + "?heartbeat=1"}});
  const std::string large = beyond_all_buffers();
  // It goes with events that wait too long; the other worker may have none.
  const BlockedPublishers blocked(running, [&] {
    running.publish();
    running.publish_rubbish(large);
    clickhouse().stop();
  });
  CHECK(running.wait_for_log("everything in hand is given back"));
  CHECK(running.dead_letters() == 0);
  clickhouse().start();
  blocked.over();
  CHECK(running.all_arrive(seconds(30)));
  CHECK(wait_until(
      [&] { return rabbitmq().queue_counts(running.topology().queue()).unacknowledged == 0; },
      seconds(10)));
  AmqpClient client(rabbitmq().url());
  while (const auto letter = client.get(running.topology().dead_letter_queue()))
    CHECK((letter->body == large));
}

// Heads of 100 kB, which cannot be sent in pieces: more than all buffers on the way hold. And a
// return for each message.
TEST_CASE("dead letters with long headers and thousands of returns hang no worker") {
  constexpr std::size_t kHeads = 400;
  constexpr std::size_t kBare = 5000;
  RunningService running("blocked_heads", {{"EVENT_CONSUMER_HOLD_TIMEOUT", "3"},
                                           {"EVENT_CONSUMER_STOP_TIMEOUT", "6"},
                                           {"EVENT_CONSUMER_WORKER_TIMEOUT", "5"}});
  const std::string queue = running.topology().queue();
  const BlockedPublishers blocked(running, [&] {
    AmqpClient client(rabbitmq().url());
    client.enable_confirms();
    MessageProperties properties;
    properties.headers = {{"long", std::string(100'000, 'x')}};
    const std::string exchange = running.topology().exchange();
    running.publish();
    client.publish_all(exchange, queue, std::vector<std::string>(kHeads, "rubbish"), properties);
    client.publish_all(exchange, queue, std::vector<std::string>(kBare, "rubbish"));
    if (!client.wait_for_confirms(seconds(20))) throw std::runtime_error("not confirmed");
    clickhouse().stop();
  });
  // By whoever has got events, too.
  CHECK(running.wait_for_log("everything in hand is given back"));
  // The broker itself takes nothing any more, neither here nor from the consumers.
  rabbitmq().pause();
  CHECK(running.service().stop(seconds(10)) == 0);
  rabbitmq().resume();
  clickhouse().start();
  INFO(running.service().log());
  CHECK(running.service().count_in_log("no sign of life") == 0);
  CHECK(running.service().count_in_log("not stopped within") == 0);
  blocked.over();
  CHECK(wait_until(
      [&] {
        return rabbitmq().queue_counts(queue).ready + running.dead_letters() >= kHeads + kBare;
      },
      seconds(20)));
}

// With ours they do not fit the frame in which they came, and a header frame cannot be split.
TEST_CASE("a message whose headers fill a frame is dead-lettered without the longest of them") {
  RunningService running("long_headers");
  AmqpClient client(rabbitmq().url());
  MessageProperties properties;
  properties.headers = {{"trace", "abc"}, {"long", std::string(130'950, 'x')}};
  client.publish(running.topology().exchange(), running.topology().queue(), "rubbish", properties);
  CHECK(wait_until([&] { return running.dead_letters() == 1; }, seconds(5)));
  CHECK(running.moves_events());
  const auto letter = client.get(running.topology().dead_letter_queue());
  REQUIRE(letter);
  CHECK(letter->body == "rubbish");
  CHECK(letter->properties.headers.at("trace") == "abc");
  CHECK(letter->properties.headers.count("long") == 0);
  CHECK(letter->properties.headers.at("x-event-consumer-reason") == "not_json");
  CHECK(letter->properties.headers.at("x-event-consumer-left-out") == "long");
}

}  // namespace event_consumer::testing
