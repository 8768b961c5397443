// Quorum queues count every return of a message against their delivery limit, and drop it beyond:
// an outage that lasts must not give events back in a circle.
#include "tests/support/catch.h"
#include "tests/support/changed_users.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kEvents = 1000;
constexpr std::int64_t kDeliveryLimit = 1;  // one return, and no second

// kEvents in a quorum queue with a delivery limit and no dead-letter exchange: what is beyond the
// limit is gone.
class QuorumQueue {
 public:
  explicit QuorumQueue(const std::string& name) : topology(name) {
    client.declare_queue(topology.queue(),
                         {{"x-queue-type", "quorum"}, {"x-delivery-limit", kDeliveryLimit}});
    client.enable_confirms();
    MessageProperties persistent;
    persistent.delivery_mode = 2;
    const ClickEvents events(7);
    for (std::uint64_t id = 0; id < kEvents; ++id)
      client.publish("", topology.queue(), events.json_at(id), persistent);
    if (!client.wait_for_confirms(seconds(60))) throw std::runtime_error("not confirmed");
  }

  bool all_stored() {
    return wait_until([&] { return topology.distinct_events() == kEvents; }, seconds(60));
  }

  TestTopology topology;
  AmqpClient client{rabbitmq().url()};
};

bool wait_for(Duration time) {
  const TimePoint begin = Clock::now();
  return wait_until([&] { return Clock::now() - begin > time; }, time + seconds(5));
}

}  // namespace

// A table that can be described though nobody may insert proves nothing.
TEST_CASE("quorum queue: inserts that are refused for long cost no event") {
  QuorumQueue queue("quorum_refused");
  Environment environment = queue.topology.environment();
  environment["CLICKHOUSE_USER"] = kClickhouseUser;
  environment["CLICKHOUSE_PASSWORD"] = kClickhousePassword;
  environment["EVENT_CONSUMER_HOLD_TIMEOUT"] = "2";
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "100";
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  clickhouse().query("CREATE DATABASE IF NOT EXISTS " + queue.topology.database());
  std::optional<Service> service;
  {
    // The service makes its table, and is then not allowed to insert any more.
    service.emplace(environment);
    REQUIRE(service->wait_consuming(1));
    REQUIRE(queue.all_stored());
  }
  ChangedUsers users(
      clickhouse(),
      std::string("<profile>default</profile>\n<quota>default</quota>\n</") + kClickhouseUser + ">",
      std::string("<profile>readonly</profile>\n<quota>default</quota>\n</") + kClickhouseUser +
          ">");
  const ClickEvents events(8);
  MessageProperties persistent;
  persistent.delivery_mode = 2;
  for (std::uint64_t id = kEvents; id < 2 * kEvents; ++id)
    queue.client.publish("", queue.topology.queue(), events.json_at(id), persistent);
  REQUIRE(queue.client.wait_for_confirms(seconds(60)));
  REQUIRE(wait_until([&] { return service->count_in_log("everything in hand is given back") >= 1; },
                     seconds(30)));
  // Many times the hold timeout, and twice the wait before the table is looked at.
  REQUIRE(wait_for(seconds(20)));
  users.undo();
  INFO(service->log());
  CHECK(wait_until([&] { return queue.topology.distinct_events() == 2 * kEvents; }, seconds(90)));
}

}  // namespace event_consumer::testing
