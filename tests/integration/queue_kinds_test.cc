// Queues and brokers that are not as a consumer takes for granted: streams, queues that delete
// themselves, queues that somebody has for himself, limits on connections. `check` and the start
// say the same of each.
#include <signal.h>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/versions.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kEvents = 50;

void publish_events(AmqpClient& client, const TestTopology& topology) {
  client.enable_confirms();
  const ClickEvents events;
  for (std::uint64_t id = 0; id < kEvents; ++id)
    client.publish("", topology.queue(), events.json_at(id));
  REQUIRE(client.wait_for_confirms(seconds(20)));
}

// A start that gives up soon.
Environment impatient(Environment environment) {
  environment["EVENT_CONSUMER_START_TIMEOUT"] = "3";
  return environment;
}

// Both end so, and say both in one line.
void check_that_both_say(const Environment& environment, int status, const std::string& cause,
                         const std::string& remedy) {
  const Finished checked = run_program(environment, {"check"});
  Service service(impatient(environment));
  CHECK(service.wait_exit_status(seconds(20)) == status);
  INFO(checked.output << service.log());
  CHECK(describe_status(checked.status) == "exit status " + std::to_string(status));
  for (const std::string& said : {checked.output, service.log()}) {
    const auto at = said.find(cause);
    REQUIRE(at != std::string::npos);
    CHECK(contains(said.substr(at, said.find('\n', at) - at), remedy));
  }
}

// Whether a service that is paused and goes on gets what was published before and meanwhile, and
// the queue lasts.
void check_that_it_outlives_a_pause(const TestTopology& topology, AmqpClient& client) {
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  service.send(SIGTSTP);
  REQUIRE(
      wait_until([&] { return service.count_in_log("paused: no deliveries") == 2; }, seconds(20)));
  publish_events(client, topology);
  // Longer than the queue lives without consumers. The list is no use of the queue.
  CHECK_FALSE(wait_until(
      [&] { return !contains(rabbitmq().eval("rabbit_amqqueue:list_names()"), topology.queue()); },
      seconds(5)));
  service.send(SIGCONT);
  CHECK(wait_until([&] { return topology.distinct_events() == kEvents; }, seconds(20)));
  INFO(service.log());
  CHECK(topology.rows() == kEvents);
  CHECK(service.count_in_log("lost queue") == 0);
  CHECK(service.stop() == 0);
}

std::string said_by_check(const TestTopology& topology) {
  const Finished checked = run_program(topology.environment(), {"check"});
  CHECK(describe_status(checked.status) == "exit status 0");
  return checked.output;
}

// A virtual host whose limits the test changes; it goes with this object.
class VirtualHost {
 public:
  explicit VirtualHost(const std::string& name) : name_(name) {
    rabbitmq().ctl({"add_vhost", name_});
    rabbitmq().ctl({"set_permissions", "-p", name_, "guest", ".*", ".*", ".*"});
  }
  ~VirtualHost() { rabbitmq().ctl({"delete_vhost", name_}); }

  void limit_connections(int connections) const {
    rabbitmq().ctl({"set_vhost_limits", "-p", name_,
                    R"({"max-connections": )" + std::to_string(connections) + "}"});
  }
  std::string url() const { return rabbitmq().url(name_); }

 private:
  std::string name_;
};

}  // namespace

TEST_CASE("slip: RABBITMQ_QUEUE of a stream") {
  TestTopology topology("stream");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), {{"x-queue-type", std::string("stream")}});
  publish_events(client, topology);
  check_that_both_say(topology.environment(), 78, "is a stream",
                      "name a classic or a quorum queue in RABBITMQ_QUEUE");
  CHECK(topology.rows() == 0);
}

TEST_CASE("slip: RABBITMQ_QUEUE, auto-deleting") {
  TestTopology topology("auto_delete");
  AmqpClient client(rabbitmq().url());
  client.declare_auto_delete_queue(topology.queue());
  CHECK(contains(said_by_check(topology), "when its last consumer goes (auto-delete)"));
  check_that_it_outlives_a_pause(topology, client);
  Service service(topology.environment());  // makes another
  REQUIRE(service.wait_consuming(2));
  CHECK(service.count_in_log("auto-delete") == 0);
}

TEST_CASE("slip: RABBITMQ_QUEUE, an expiring one") {
  TestTopology topology("expiring");
  AmqpClient client(rabbitmq().url());
  const auto type = GENERATE(as<std::string>(), "classic", "quorum");
  client.declare_queue(topology.queue(), {{"x-queue-type", type},
                                          {"x-expires", std::int64_t{3000}},
                                          {"x-max-length", std::int64_t{1000}}});
  CHECK(contains(said_by_check(topology), "no consumer for a while (x-expires)"));
  check_that_it_outlives_a_pause(topology, client);
}

TEST_CASE("the start says that a queue deletes itself") {
  TestTopology topology("vanishing");
  AmqpClient client(rabbitmq().url());
  client.declare_auto_delete_queue(topology.queue());
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  CHECK(service.count_in_log("(auto-delete)") == 2);  // one for each worker
}

TEST_CASE("what a lasting queue is declared with does not make it one that deletes itself") {
  TestTopology topology("lasting");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), {{"x-max-length", std::int64_t{1000}},
                                          {"x-message-ttl", std::int64_t{3600000}},
                                          {"x-max-priority", std::int64_t{3}},
                                          {"x-single-active-consumer", true},
                                          {"x-dead-letter-exchange", std::string()}});
  CHECK_FALSE(contains(said_by_check(topology), "deletes itself"));
}

TEST_CASE("whether a queue deletes itself is told by its arguments, whatever its name") {
  TestTopology topology("long_" + std::string(150, 'x'));
  AmqpClient client(rabbitmq().url());
  const bool expires = GENERATE(false, true);
  client.declare_queue(topology.queue(),
                       expires ? QueueArguments{{"x-expires", std::int64_t{600'000}}}
                               : QueueArguments{{"x-queue-type", std::string("quorum")}});
  const std::string said = said_by_check(topology);
  CHECK(contains(said, "deletes itself") == expires);
  CHECK_FALSE(contains(said, "consumers; a classic queue"));
}

// By RabbitMQ 4 the consumer that keeps the queue is given a message.
TEST_CASE("an auto-delete queue outlives an outage of ClickHouse that is longer than the hold") {
  TestTopology topology("auto_delete_hold");
  AmqpClient client(rabbitmq().url());
  client.declare_auto_delete_queue(topology.queue());
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_HOLD_TIMEOUT"] = "2";
  Service service(environment);
  REQUIRE(service.wait_consuming(2));
  clickhouse().stop();
  publish_events(client, topology);
  CHECK(wait_until([&] { return service.count_in_log("everything in hand is given back") >= 1; },
                   seconds(20)));
  clickhouse().start();
  CHECK(wait_until([&] { return topology.distinct_events() == kEvents; }, seconds(60)));
  INFO(service.log());
  CHECK(service.count_in_log("lost queue") == 0);
}

TEST_CASE("a queue that deletes itself, with a single active consumer, outlives a pause") {
  TestTopology topology("vanishing_single");
  AmqpClient client(rabbitmq().url());
  if (GENERATE(true, false))
    client.declare_auto_delete_queue(topology.queue(), {{"x-single-active-consumer", true}});
  else
    client.declare_queue(topology.queue(),
                         {{"x-single-active-consumer", true}, {"x-expires", std::int64_t{3000}}});
  check_that_it_outlives_a_pause(topology, client);
}

// RabbitMQ 4 would give what is ready to the one who asks.
TEST_CASE("slip: RABBITMQ_QUEUE in exclusive use") {
  TestTopology topology("exclusive");
  topology.declare_topology();
  auto other = std::make_optional<AmqpClient>(rabbitmq().url());
  other->occupy(topology.queue());
  if (is_at_least(rabbitmq().version(), "4"))
    CHECK(contains(said_by_check(topology), "shows at the start only"));
  else
    check_that_both_say(topology.environment(), 78, "in exclusive use",
                        "another consumer has the queue for itself");
  Service service(topology.environment());
  REQUIRE(wait_until([&] { return service.count_in_log("in exclusive use") > 0; }, seconds(20)));
  other.reset();
  CHECK(service.wait_consuming(2));
}

TEST_CASE("slip: RABBITMQ_QUEUE, an exclusive one") {
  TestTopology topology("exclusive_queue");
  auto owner = std::make_optional<AmqpClient>(rabbitmq().url());
  owner->declare_exclusive_queue(topology.queue());
  publish_events(*owner, topology);
  check_that_both_say(topology.environment(), 78, "405 RESOURCE_LOCKED",
                      "the queue is for the connection alone that declared it");
  CHECK(owner->message_count(topology.queue()) == kEvents);
}

TEST_CASE("check tells a consumer beside which others may consume from an exclusive one") {
  TestTopology topology("beside");
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service service(environment);
  REQUIRE(service.wait_consuming(1));
  CHECK(contains(said_by_check(topology), "1 consumer; a classic queue\n"));
}

TEST_CASE("slip: too low a limit on connections") {
  TestTopology topology("limit");
  const VirtualHost host(topology.queue());
  host.limit_connections(0);
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = host.url();
  check_that_both_say(environment, 69, "connection limit (0) is reached", "raise the limit");
  Service service(environment);
  REQUIRE(wait_until([&] { return service.count_in_log("connection limit") > 0; }, seconds(20)));
  host.limit_connections(-1);
  CHECK(service.wait_consuming(2));
}

TEST_CASE("a limit on the connections of a user, or on its channels, passes like that of a host") {
  TestTopology topology("user_limit");
  const std::string user = topology.queue();
  rabbitmq().ctl({"add_user", user, "secret"});
  rabbitmq().ctl({"set_permissions", "-p", "/", user, ".*", ".*", ".*"});
  const auto limit = GENERATE(as<std::string>(), "max-connections", "max-channels");
  rabbitmq().ctl({"set_user_limits", user, "{\"" + limit + "\": 0}"});
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = rabbitmq().url("/", user, "secret");
  check_that_both_say(environment, 69, "530 NOT_ALLOWED", "raise the limit");
  rabbitmq().ctl({"delete_user", user});
}

}  // namespace event_consumer::testing
