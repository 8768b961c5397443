// Nodes of the broker that die, stop, or do not reach each other, with load going on.
#include <sys/wait.h>

#include "tests/cluster/fault_run.h"
#include "tests/support/catch.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

using std::chrono::seconds;

namespace {

void take_each_node_down(const std::string& fault, void (RabbitmqServer::*take_down)()) {
  const auto kinds = queue_kinds();
  const QueueKind kind = GENERATE_COPY(from_range(kinds));
  FaultRun run(fault, kind);
  for (std::size_t number = 0; number < RabbitmqCluster::kNodes; ++number) {
    (cluster().node(number).*take_down)();
    cluster().node(number).start();
    CHECK(run.recovers());
  }
  run.finish();
}

}  // namespace

TEST_CASE("cluster: each node in turn is killed, and started again") {
  take_each_node_down("each node killed and started in turn", &RabbitmqServer::kill);
}

TEST_CASE("cluster: each node in turn is stopped in order, and started again") {
  take_each_node_down("each node stopped and started in turn", &RabbitmqServer::stop);
}

// A queue that others have a copy of goes on without the node.
TEST_CASE("cluster: the leader of the queue is killed") {
  const auto kinds = queue_kinds();
  const QueueKind kind = GENERATE_COPY(from_range(kinds));
  FaultRun run("leader killed, and away meanwhile", kind);
  cluster().node(FaultRun::kHome).kill();
  if (kind == QueueKind::kClassic) {
    CHECK(run.wait_for_log("start the node of the cluster that has the queue"));
    cluster().node(FaultRun::kHome).start();
  }
  CHECK(run.recovers());
  cluster().ensure_whole();
  run.finish();
}

// So that whoever starts services does it again, which he does not after 78.
TEST_CASE(
    "cluster: a start without the node that has the queue ends with 69, as without a broker") {
  const std::string queue = "away_at_start";
  cluster().ensure_whole();
  RabbitmqServer& home = cluster().node(FaultRun::kHome);
  AmqpClient(home.url()).declare_queue(queue);
  Environment environment = base_environment();
  environment["RABBITMQ_QUEUE"] = queue;
  environment["RABBITMQ_URL"] = cluster().urls(0);
  environment["CLICKHOUSE_HOST"] = "127.0.0.1";
  environment["CLICKHOUSE_PORT"] = std::to_string(clickhouse().http_port());
  environment["EVENT_CONSUMER_STATUS_ADDRESS"] = "off";
  // RabbitMQ 4 does not answer, for which a worker waits 10 s.
  environment["EVENT_CONSUMER_START_TIMEOUT"] = "15";
  home.kill();
  Service service(environment);
  CHECK(service.wait_exit_status(seconds(60)) == 69);
  INFO(service.log());
  CHECK(service.count_in_log("start the node of the cluster that has the queue") > 0);
  const Finished checked = run_program(environment, {"check"});
  INFO(checked.output);
  CHECK(WEXITSTATUS(checked.status) == 69);
  CHECK(has_line_with(unbroken(checked.output), {"start the node of the cluster"}));
  home.start();
  AmqpClient(home.url()).delete_queue(queue);
}

// A dead-letter queue as we make it is on one node: without it events are stored all the same, and
// a message that cannot be waits for it.
TEST_CASE("cluster: the node of the dead-letter queue is killed") {
  const std::string dead = "dead_at_home";
  cluster().ensure_whole();
  AmqpClient(cluster().node(FaultRun::kHome).url()).declare_queue(dead);
  FaultOptions options;
  options.environment["EVENT_CONSUMER_DEAD_LETTER_QUEUE"] = dead;
  FaultRun run("node of dead-letter queue killed", QueueKind::kQuorum, options);
  cluster().node(FaultRun::kHome).kill();
  CHECK(run.recovers());
  // The links that are made now find it away.
  constexpr std::size_t kWorkers = FaultRun::kInstances * FaultRun::kWorkers;
  for (const std::size_t node : {0, 1})
    cluster().node(node).ctl({"close_all_connections", "for the test"});
  CHECK(run.wait_for_log("CONNECTION_FORCED", kWorkers));
  AmqpClient client(cluster().node(0).url());
  CHECK(wait_until([&] { return client.consumer_count(run.queue()) == kWorkers; }, seconds(60)));
  CHECK(run.recovers(seconds(30)));
  client.publish("", run.queue(), "rubbish", lasting_properties());
  CHECK(run.wait_for_log("message rejected"));
  cluster().node(FaultRun::kHome).start();
  CHECK(run.recovers());
  CHECK(wait_until([&] { return client.message_count(dead) == 1; }, seconds(30)));
  run.finish();
  client.delete_queue(dead);
}

// Where no majority is left the third node pauses itself, and ends all connections.
TEST_CASE("cluster: two of three nodes are killed") {
  const QueueKind kind = GENERATE(QueueKind::kClassic, QueueKind::kQuorum);
  FaultRun run("two of three killed, then started", kind);
  cluster().node(0).kill();
  cluster().node(FaultRun::kHome).kill();
  CHECK(run.wait_for_log("cannot connect to RabbitMQ", 2));
  cluster().ensure_whole();
  CHECK(run.recovers());
  run.finish();
}

// The service's own node is the one that is cut off.
TEST_CASE("cluster: a partition leaves the service with the minority") {
  const auto kinds = queue_kinds();
  const QueueKind kind = GENERATE_COPY(from_range(kinds));
  FaultRun run("partition, service on the minority", kind);
  cluster().cut_off(0);
  CHECK(run.wait_for_log("lost", 1));
  CHECK(run.recovers());
  cluster().heal();
  CHECK(run.recovers());
  run.finish();
}

}  // namespace event_consumer::testing
