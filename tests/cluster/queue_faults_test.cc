// What queues of a cluster can be beside plain ones, and what moves them or limits them, with load
// going on.
#include <optional>

#include "tests/cluster/fault_run.h"
#include "tests/support/catch.h"
#include "tests/support/test_topology.h"
#include "tests/support/versions.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// ClickHouse answers nothing while this lives.
class PausedClickhouse {
 public:
  PausedClickhouse() { clickhouse().pause(); }
  ~PausedClickhouse() { clickhouse().resume(); }
};

// A setting of RabbitMQ's on all nodes while this lives.
class ClusterSetting {
 public:
  ClusterSetting(std::string name, int value, int usual) : name_(std::move(name)), usual_(usual) {
    cluster().ensure_whole();
    set(value);
  }
  ~ClusterSetting() {
    clean_up([&] { set(usual_); });
  }

 private:
  void set(int value) const {
    cluster().node(0).eval("rpc:multicall(application, set_env, [rabbit, " + name_ + ", " +
                           std::to_string(value) + "])");
  }

  std::string name_;
  int usual_;
};

// It takes no more than a part of what the service may have in hand.
FaultOptions full_queue() {
  FaultOptions options;
  options.arguments = {{"x-max-length", std::int64_t{1000}},
                       {"x-overflow", std::string("reject-publish")}};
  options.environment = {{"EVENT_CONSUMER_PREFETCH", "500"}};
  return options;
}

void kill_and_start_home(FaultRun& run) {
  cluster().node(FaultRun::kHome).kill();
  cluster().node(FaultRun::kHome).start();
  CHECK(run.recovers());
}

}  // namespace

// Each event goes back once, and then one is the probe. An insert alone takes less than that.
constexpr int kHoldSeconds = 3;

TEST_CASE("cluster: ClickHouse is away for longer than the hold timeout times the limit") {
  const int limit = GENERATE(3, 20);
  const bool exchange = GENERATE(false, true);
  FaultOptions options;
  options.arguments = {{"x-delivery-limit", std::int64_t{limit}}};
  options.environment = {{"EVENT_CONSUMER_HOLD_TIMEOUT", std::to_string(kHoldSeconds)},
                         {"EVENT_CONSUMER_DELIVERY_LIMIT", std::to_string(limit)}};
  const std::string beyond = "beyond_the_limit";
  cluster().ensure_whole();
  AmqpClient(cluster().node(0).url()).declare_queue(beyond);
  if (exchange) {
    options.arguments["x-dead-letter-exchange"] = std::string();
    options.arguments["x-dead-letter-routing-key"] = beyond;
  }
  FaultRun run(
      "limit " + std::to_string(limit) + ", ClickHouse away" + (exchange ? ", with exchange" : ""),
      QueueKind::kQuorum, options);
  clickhouse().kill();
  // An outage longer than that, whatever the service says.
  CHECK(wait_for(seconds(limit * kHoldSeconds + 5)));
  clickhouse().start();
  CHECK(run.recovers());
  run.finish();
  AmqpClient client(cluster().node(0).url());
  CHECK(client.message_count(beyond) == 0);
  client.delete_queue(beyond);
}

TEST_CASE("cluster: deliveries are held for longer than consumer_timeout") {
  const QueueKind kind = GENERATE(QueueKind::kClassic, QueueKind::kQuorum);
  cluster();
  const ClusterSetting timeout("consumer_timeout", 3'000, 1'800'000);
  const ClusterSetting tick("channel_tick_interval", 1'000, 60'000);
  FaultRun run("held longer than consumer_timeout", kind);
  {
    const PausedClickhouse paused;
    CHECK(run.wait_for_log("406", 2));
  }
  CHECK(run.recovers());
  run.finish();
}

TEST_CASE("cluster: the queue's leader is moved") {
  const QueueKind kind = GENERATE(QueueKind::kClassic, QueueKind::kQuorum);
  // By a policy for mirrors, of which RabbitMQ 4 has none.
  if (kind == QueueKind::kClassic && is_at_least(cluster().node(0).version(), "4")) return;
  FaultRun run("leader moved to another node", kind);
  const std::string to = cluster().node(0).node_name();
  const RabbitmqServer& home = cluster().node(FaultRun::kHome);
  if (kind == QueueKind::kQuorum) {
    home.eval("rabbit_quorum_queue:transfer_leadership(" +
              RabbitmqServer::expression_of(run.queue()) + ", '" + to + "')");
  } else {
    home.ctl({"set_policy", "--apply-to", "queues", run.queue(), '^' + run.queue() + '$',
              R"({"ha-mode":"nodes","ha-params":[")" + to + "\"]}"});
  }
  CHECK(run.recovers());
  CHECK(wait_until([&] { return cluster().leader_of(run.queue()) == 0; }, seconds(60)));
  CHECK(run.recovers());
  run.finish();
  if (kind == QueueKind::kClassic) home.ctl({"clear_policy", run.queue()});
}

TEST_CASE("cluster: a single active consumer's host is gone") {
  const QueueKind kind = GENERATE(QueueKind::kClassic, QueueKind::kQuorum);
  FaultOptions options;
  options.arguments = {{"x-single-active-consumer", true}};
  FaultRun run("single active consumer killed", kind, options);
  run.kill_instance(0);
  CHECK(run.recovers());
  run.finish();
}

TEST_CASE("cluster: a queue with priorities loses its node") {
  FaultOptions options;
  options.arguments = {{"x-max-priority", std::int64_t{5}}};
  FaultRun run("priorities, its node killed and started", QueueKind::kClassic, options);
  kill_and_start_home(run);
  run.finish();
}

TEST_CASE("cluster: a lazy queue loses its node") {
  FaultOptions options;
  options.arguments = {{"x-queue-mode", std::string("lazy")}};
  FaultRun run("lazy, its node killed and started", QueueKind::kClassic, options);
  kill_and_start_home(run);
  run.finish();
}

// What the queue does not take is not confirmed, and the publisher's.
TEST_CASE("cluster: a queue that is full loses its node") {
  FaultRun run("full (reject-publish), its node killed", QueueKind::kQuorum, full_queue());
  {
    const PausedClickhouse paused;
    CHECK(run.load_stalls());
  }
  kill_and_start_home(run);
  run.finish();
}

// When its node is killed, what was delivered comes back to a classic queue, which then drops what
// is beyond its length, also with reject-publish (ran: 3.10.8). No consumer can help that.
TEST_CASE("cluster: a full classic queue drops what comes back to it at the start of its node") {
  const std::string queue = "drops_at_start";
  cluster().ensure_whole();
  RabbitmqServer& home = cluster().node(FaultRun::kHome);
  {
    AmqpClient client(home.url());
    client.declare_queue(
        queue, {{"x-max-length", std::int64_t{10}}, {"x-overflow", std::string("reject-publish")}});
    client.enable_confirms();
    for (int i = 0; i < 2; ++i) {
      client.publish_all("", queue, std::vector<std::string>(10, "event"), lasting_properties());
      REQUIRE(client.wait_for_confirms(seconds(10)));
      for (int k = 0; i == 0 && k < 10; ++k) REQUIRE(client.get(queue, /*auto_ack=*/false));
    }
    home.kill();
  }
  home.start();
  AmqpClient client(home.url());
  CHECK(client.message_count(queue) == 10);
  client.delete_queue(queue);
}

}  // namespace event_consumer::testing
