// The dead-letter queue refuses, in each way in which RabbitMQ can. That is nobody's fault but the
// configuration's: nothing is acknowledged for it, and it heals within five seconds.
#include <signal.h>

#include <stdexcept>

#include "tests/support/catch.h"
#include "tests/support/flow.h"
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
bool has_all_rubbish(const Flow& flow) {
  const auto counts = rabbitmq().queue_counts(flow.scene().queue());
  return counts.ready + counts.unacknowledged >= kRubbish;
}

// A broker short of memory, which reads nothing from connections that publish. The messages that
// `publish` publishes before are taken when it is so.
class BlockedPublishers {
 public:
  template <typename Publish>
  BlockedPublishers(Flow& flow, const Publish& publish) {
    flow.service().send(SIGTSTP);
    const auto nobody_takes = [&] {
      return flow.service().count_in_log("paused: no deliveries are taken") >= 2 &&
             AmqpClient(rabbitmq().url()).consumer_count(flow.scene().queue()) == 0;
    };
    if (!wait_until(nobody_takes, seconds(20))) throw std::runtime_error(flow.service().log());
    publish();
    rabbitmq().ctl({"set_vm_memory_high_watermark", "0.000001"});
    flow.service().send(SIGCONT);
  }
  ~BlockedPublishers() { over(); }

  void over() const { rabbitmq().ctl({"set_vm_memory_high_watermark", "0.4"}); }
};

std::string beyond_all_buffers() { return std::string(std::size_t{32} << 20, 'x'); }

}  // namespace

TEST_CASE("a dead-letter queue that is full refuses with a nack: a pause, and no event is lost") {
  Flow flow("full_dead_letters");
  const std::string queue = flow.scene().dead_letter_queue();
  rabbitmq().ctl({"set_policy", "full", "^" + flow.scene().queue() + "\\.dead$",
                  R"({"max-length": 0, "overflow": "reject-publish"})", "--apply-to", "queues"});
  flow.publish_rubbish(kRubbish);
  CHECK(flow.wait_for_log("it refuses messages (basic.nack)"));
  flow.publish();
  CHECK(has_all_rubbish(flow));
  CHECK(flow.dead_letters() == 0);
  rabbitmq().ctl({"clear_policy", "full"});
  CHECK(flow.flows());
  CHECK(flow.dead_letters() == kRubbish);
  // Once for each worker, though it was tried again and again.
  CHECK(flow.service().count_in_log("it refuses messages (basic.nack)") <= 2);
  CHECK(flow.service().stop() == 0);
}

TEST_CASE("a dead-letter queue that we may not write to refuses with 403: likewise") {
  BrokerUser user;
  Flow flow("forbidden_dead_letters", {{"RABBITMQ_URL", user.url()}});
  user.may_write("^$");
  flow.publish_rubbish(kRubbish);
  CHECK(flow.wait_for_log("403 ACCESS_REFUSED"));
  flow.publish();
  CHECK(has_all_rubbish(flow));
  CHECK(flow.dead_letters() == 0);
  user.may_write(".*");
  CHECK(flow.flows());
  CHECK(flow.dead_letters() == kRubbish);
}

TEST_CASE("a dead-letter queue that is gone returns messages: it is made again") {
  Flow flow("returned_dead_letters");
  AmqpClient(rabbitmq().url()).delete_queue(flow.scene().dead_letter_queue());
  flow.publish_rubbish(kRubbish);
  CHECK(flow.wait_for_log("does not exist any more (basic.return)"));
  CHECK(flow.flows());
  CHECK(flow.dead_letters() == kRubbish);
}

TEST_CASE("a dead-letter queue that refuses for too long: everything in hand is given back") {
  Flow flow("late_dead_letters", {{"EVENT_CONSUMER_HOLD_TIMEOUT", "3"}});
  const std::string queue = flow.scene().dead_letter_queue();
  rabbitmq().ctl({"set_policy", "late", "^" + flow.scene().queue() + "\\.dead$",
                  R"({"max-length": 0, "overflow": "reject-publish"})", "--apply-to", "queues"});
  flow.publish_rubbish(1);
  CHECK(flow.wait_for_log("everything in hand is given back"));
  CHECK(flow.dead_letters() == 0);
  rabbitmq().ctl({"clear_policy", "late"});
  CHECK(flow.all_arrive(seconds(20)));
}

TEST_CASE(
    "a stop while the dead-letter queue refuses is at once, and leaves the message where it is") {
  Flow flow("stop_refused");
  rabbitmq().ctl({"set_policy", "stop", "^" + flow.scene().queue() + "\\.dead$",
                  R"({"max-length": 0, "overflow": "reject-publish"})", "--apply-to", "queues"});
  flow.publish_rubbish(1);
  CHECK(flow.wait_for_log("it refuses messages (basic.nack)"));
  CHECK(flow.service().stop(seconds(10)) == 0);
  CHECK(AmqpClient(rabbitmq().url()).message_count(flow.scene().queue()) == 1);
  rabbitmq().ctl({"clear_policy", "stop"});
}

TEST_CASE("a broker short of memory blocks publishers: events are stored, dead letters wait") {
  Flow flow("blocked");
  const BlockedPublishers blocked(flow, [&] {
    flow.publish_rubbish(kRubbish);
    flow.publish();
  });
  CHECK(flow.wait_for_log("takes nothing from publishers (low on memory)"));
  CHECK(wait_until([&] { return flow.scene().distinct_events() == flow.published(); }, seconds(5)));
  CHECK(has_all_rubbish(flow));
  CHECK(flow.dead_letters() == 0);
  blocked.over();
  CHECK(flow.flows());
  CHECK(flow.dead_letters() == kRubbish);
}

TEST_CASE("a stop while the broker blocks publishers leaves the message where it is") {
  Flow flow("stop_blocked", {{"EVENT_CONSUMER_STOP_TIMEOUT", "6"}});
  const BlockedPublishers blocked(flow, [&] { flow.publish_rubbish(1); });
  CHECK(flow.wait_for_log("takes nothing from publishers (low on memory)"));
  CHECK(flow.service().stop(seconds(10)) == 0);
  INFO(flow.service().log());
  CHECK(flow.service().count_in_log("not stopped within") == 0);
  CHECK(AmqpClient(rabbitmq().url()).message_count(flow.scene().queue()) == 1);
}

TEST_CASE("a dead letter that a blocked broker does not read to its end holds up nothing else") {
  Flow flow("blocked_large");
  const std::string large = beyond_all_buffers();
  const BlockedPublishers blocked(flow, [&] {
    flow.publish();
    flow.publish_rubbish(large);
  });
  CHECK(wait_until([&] { return flow.scene().distinct_events() == flow.published(); }, seconds(5)));
  CHECK(
      wait_until([&] { return rabbitmq().queue_counts(flow.scene().queue()).unacknowledged == 1; },
                 seconds(10)));
  CHECK(flow.dead_letters() == 0);
  blocked.over();
  CHECK(flow.flows());
  CHECK(flow.dead_letters() == 1);
  const auto letter = AmqpClient(rabbitmq().url()).get(flow.scene().dead_letter_queue());
  REQUIRE(letter);
  CHECK((letter->body == large));
}

TEST_CASE("a message is given back while its dead letter is half sent: it ends as a dead letter") {
  // Heartbeats must go on behind the half that the broker does not read.
  Flow flow("blocked_half", {{"EVENT_CONSUMER_HOLD_TIMEOUT", "3"},
                             {"RABBITMQ_URL", rabbitmq().url() + "?heartbeat=1"}});
  const std::string large = beyond_all_buffers();
  const BlockedPublishers blocked(flow, [&] { flow.publish_rubbish(large); });
  CHECK(flow.wait_for_log("everything in hand is given back"));
  CHECK(flow.dead_letters() == 0);
  blocked.over();
  CHECK(flow.flows());
  CHECK(
      wait_until([&] { return rabbitmq().queue_counts(flow.scene().queue()).unacknowledged == 0; },
                 seconds(10)));
  AmqpClient client(rabbitmq().url());
  while (const auto letter = client.get(flow.scene().dead_letter_queue()))
    CHECK((letter->body == large));
}

}  // namespace event_consumer::testing
