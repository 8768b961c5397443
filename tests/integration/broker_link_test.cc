// The link to RabbitMQ: channels that the broker closes, links that are dead and do not say so, a
// broker that says nothing. After each, events flow within five seconds of the cause ending.
#include <signal.h>

#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/deaf_host.h"
#include "tests/support/running_service.h"
#include "tests/support/tcp_proxy.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// Deliveries may be held for three seconds, which is looked at every second; for channels that are
// opened while this lives.
class ShortConsumerTimeout {
 public:
  ShortConsumerTimeout() { set(3'000, 1'000); }
  ~ShortConsumerTimeout() { set(1'800'000, 60'000); }

 private:
  static void set(int timeout_ms, int tick_ms) {
    rabbitmq().eval("application:set_env(rabbit, consumer_timeout, " + std::to_string(timeout_ms) +
                    "), application:set_env(rabbit, channel_tick_interval, " +
                    std::to_string(tick_ms) + ')');
  }
};

// The broker wants heartbeats so often of connections that are made while this lives.
class ShortHeartbeat {
 public:
  ShortHeartbeat() { set(2); }
  ~ShortHeartbeat() { set(60); }

 private:
  static void set(int seconds) {
    rabbitmq().eval("application:set_env(rabbit, heartbeat, " + std::to_string(seconds) + ')');
  }
};

// A user of the broker for as long as the test takes.
class BrokerUser {
 public:
  BrokerUser() {
    rabbitmq().ctl({"add_user", "linked", "linked-secret"});
    allow(".*");
  }
  ~BrokerUser() { rabbitmq().ctl({"delete_user", "linked"}); }

  void allow(const std::string& read) {
    rabbitmq().ctl({"set_permissions", "linked", ".*", ".*", read});
  }
  std::string url() const { return rabbitmq().url("/", "linked", "linked-secret"); }
};

std::string url_of(const TcpProxy& proxy) {
  return "amqp://guest:guest@127.0.0.1:" + std::to_string(proxy.port()) + "/?heartbeat=2";
}

// One host after the other leaves a worker waiting: for AMQP's answers or in the TLS handshake, and
// then for a TCP connection.
void check_waiting_for(const std::string& scheme, int port) {
  TcpProxy proxy(port);
  const DeafHost deaf;
  const std::string host = scheme + "://guest:guest@127.0.0.1:";
  const std::string options = "/?heartbeat=2";
  const std::string urls = host + std::to_string(proxy.port()) + options + "," + host +
                           std::to_string(deaf.port()) + options;
  Environment environment = {{"RABBITMQ_URL", urls},
                             {"EVENT_CONSUMER_WORKER_TIMEOUT", "5"},
                             {"EVENT_CONSUMER_START_TIMEOUT", "5"}};
  if (scheme == "amqps") environment["RABBITMQ_CA_FILE"] = certificates().ca_file();
  RunningService running("waiting_" + scheme, environment);
  proxy.fall_silent();
  CHECK(running.wait_for_log("; trying 127.0.0.1:" + std::to_string(deaf.port()), 2, seconds(30)));
  const TimePoint asked_at = Clock::now();
  CHECK(running.service().stop(seconds(10)) == 0);
  CHECK(Clock::now() - asked_at < seconds(3));
  INFO(running.service().log());
  CHECK(running.service().count_in_log("no sign of life") == 0);
}

}  // namespace

TEST_CASE("while brokers are waited for, workers live, and a stop is at once: AMQP, then TCP") {
  check_waiting_for("amqp", rabbitmq().port());
}

TEST_CASE("while brokers are waited for, workers live, and a stop is at once: TLS, then TCP") {
  check_waiting_for("amqps", rabbitmq().tls_port());
}

TEST_CASE("the broker closes the channel with 406: deliveries were held for too long") {
  const ShortConsumerTimeout timeout;
  RunningService running("channel_406");
  clickhouse().pause();
  running.publish();
  CHECK(running.wait_for_log("406 PRECONDITION_FAILED"));
  clickhouse().resume();
  CHECK(running.moves_events());
}

// Nothing comes that could decide about them, and each end of the channel is a return.
TEST_CASE("the broker closes the channel with 406: what fits no column is not dropped for it") {
  const ShortConsumerTimeout timeout;
  const TestTopology topology("channel_406_misfits");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(),
                       {{"x-queue-type", "quorum"}, {"x-delivery-limit", std::int64_t(1)}});
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_HOLD_TIMEOUT"] = "2";
  environment["EVENT_CONSUMER_DELIVERY_LIMIT"] = "1";
  // What one channel gives back at its end may be on its way to another that ends just then.
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service service(environment);
  REQUIRE(service.wait_consuming(1));
  constexpr std::uint32_t kMisfits = 3;
  const std::vector<std::string> bodies(kMisfits, R"({"no_column": 1})");
  client.publish_all("", topology.queue(), bodies);
  const bool are_there = wait_until(
      [&] { return client.message_count(topology.dead_letter_queue()) == kMisfits; }, seconds(40));
  INFO(service.log());
  CHECK(are_there);
  CHECK(service.count_in_log("406 PRECONDITION_FAILED") > 0);
  CHECK(client.message_count(topology.queue()) == 0);
}

TEST_CASE("the broker closes the channel with 404: the queue went while nothing was taken") {
  RunningService running("channel_404");
  running.service().send(SIGTSTP);
  REQUIRE(running.wait_for_log("paused: no deliveries are taken", 2));
  AmqpClient client(rabbitmq().url());
  REQUIRE(wait_until([&] { return client.consumer_count(running.topology().queue()) == 0; },
                     seconds(10)));
  client.delete_queue(running.topology().queue());
  running.service().send(SIGCONT);
  CHECK(running.wait_for_log("404 NOT_FOUND"));
  CHECK(wait_until([&] { return client.queue_exists(running.topology().queue()); }, seconds(5)));
  CHECK(running.moves_events());
}

TEST_CASE("the broker closes the channel with 403: the right to read was taken, and given back") {
  BrokerUser user;
  RunningService running("channel_403", {{"RABBITMQ_URL", user.url()}});
  user.allow("^$");
  running.service().send(SIGTSTP);
  REQUIRE(running.wait_for_log("paused: no deliveries are taken", 2));
  rabbitmq().ctl({"close_all_connections", "for the test"});
  running.service().send(SIGCONT);
  CHECK(running.wait_for_log("403 ACCESS_REFUSED"));
  running.publish();
  user.allow(".*");
  CHECK(running.moves_events());
}

// The broker's heartbeat is in force where it is shorter than ours.
TEST_CASE("a broker that wants heartbeats every two seconds gets them while the worker is full") {
  const ShortHeartbeat heartbeat;
  RunningService running("heartbeat_of_the_broker", {{"EVENT_CONSUMER_BATCH_BYTES", "16KiB"},
                                                     {"EVENT_CONSUMER_PREFETCH", "5000"}});
  clickhouse().pause();
  running.publish(5000);
  // Long enough for the broker to cut a link that is silent: three of its heartbeats.
  const TimePoint begin = Clock::now();
  CHECK(wait_until([&] { return Clock::now() - begin > seconds(8); }, seconds(10)));
  clickhouse().resume();
  CHECK(running.all_arrive(seconds(30)));
  INFO(running.service().log());
  CHECK(running.service().count_in_log("events in hand go back to the queue") == 0);
}

TEST_CASE("a link that is dead and does not say so is noticed by its heartbeats") {
  TcpProxy proxy(rabbitmq().port());
  RunningService running("half_open", {{"RABBITMQ_URL", url_of(proxy)}});
  proxy.freeze_links();
  running.publish();
  CHECK(running.wait_for_log("lost the connection", 2));
  CHECK(running.moves_events());
}

TEST_CASE("a broker that accepts connections and says nothing is waited for") {
  TcpProxy proxy(rabbitmq().port());
  RunningService running("silent_broker", {{"RABBITMQ_URL", url_of(proxy)}});
  proxy.fall_silent();
  running.publish();
  CHECK(running.wait_for_log("cannot log in to RabbitMQ 127.0.0.1:", 2));
  proxy.speak();
  CHECK(running.moves_events());
}

TEST_CASE("a broker that accepts connections and says nothing at the start is unavailable: 69") {
  TcpProxy proxy(rabbitmq().port());
  proxy.fall_silent();
  TestTopology topology("silent_start");
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = url_of(proxy);
  environment["EVENT_CONSUMER_START_TIMEOUT"] = "12";
  Service service(environment);
  CHECK(service.wait_exit_status(seconds(30)) == 69);
  CHECK(service.count_in_log("is the port in RABBITMQ_URL that of AMQP") >= 1);
}

}  // namespace event_consumer::testing
