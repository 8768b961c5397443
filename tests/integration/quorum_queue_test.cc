// Quorum queues count every return of a message against their delivery limit, and drop it beyond:
// an outage that lasts must not give events back in a circle.
#include <signal.h>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/changed_users.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/tcp_proxy.h"
#include "tests/support/test_topology.h"
#include "tests/support/versions.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kEvents = 1000;
constexpr std::uint64_t kStoredBetween = 60;  // two lost links

// kEvents in a quorum queue with a delivery limit and no dead-letter exchange: what is beyond the
// limit is gone. By default one return, and no second.
class QuorumQueue {
 public:
  explicit QuorumQueue(const std::string& name, std::int64_t delivery_limit = 1) : topology(name) {
    client.declare_queue(topology.queue(),
                         {{"x-queue-type", "quorum"}, {"x-delivery-limit", delivery_limit}});
    client.enable_confirms();
    publish(0, kEvents);
  }

  void publish(std::uint64_t first, std::uint64_t last) {
    MessageProperties persistent;
    persistent.delivery_mode = 2;
    const ClickEvents events(7);
    for (std::uint64_t id = first; id < last; ++id)
      client.publish("", topology.queue(), events.json_at(id), persistent);
    if (!client.wait_for_confirms(seconds(60))) throw std::runtime_error("not confirmed");
  }

  bool all_stored(Duration timeout = seconds(60)) {
    return wait_until([&] { return topology.distinct_events() == kEvents; }, timeout);
  }

  TestTopology topology;
  AmqpClient client{rabbitmq().url()};
};

// A table in the place of the topology's that can be read and takes no insert.
class FullTable {
 public:
  explicit FullTable(const TestTopology& topology)
      : table_(topology.table()), away_(topology.database() + ".away") {
    clickhouse().query("RENAME TABLE " + table_ + " TO " + away_);
    clickhouse().query("CREATE TABLE " + table_ + "_full AS " + away_ +
                       " ENGINE = MergeTree ORDER BY tuple()"
                       " SETTINGS parts_to_delay_insert = 1, parts_to_throw_insert = 1");
    clickhouse().query("INSERT INTO " + table_ + "_full (short_code) VALUES ('ab')");
    clickhouse().query("RENAME TABLE " + table_ + "_full TO " + table_);
  }
  ~FullTable() {
    clickhouse().query("DROP TABLE " + table_);
    clickhouse().query("RENAME TABLE " + away_ + " TO " + table_);
  }
  FullTable(const FullTable&) = delete;
  FullTable& operator=(const FullTable&) = delete;

 private:
  std::string table_;
  std::string away_;
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
  queue.publish(kEvents, 2 * kEvents);
  REQUIRE(wait_until([&] { return service->count_in_log("everything in hand is given back") >= 1; },
                     seconds(30)));
  // Many times the hold timeout, and twice the wait before the table is looked at.
  REQUIRE(wait_for(seconds(20)));
  users.undo();
  INFO(service->log());
  CHECK(wait_until([&] { return queue.topology.distinct_events() == 2 * kEvents; }, seconds(90)));
}

// ClickHouse answers every question, and stores nothing: as a table that is read-only for a while
// (242), with another code.
TEST_CASE("quorum queue: a table that is read but not filled for long costs no event") {
  QuorumQueue queue("quorum_full_table");
  const TestTopology& topology = queue.topology;
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_HOLD_TIMEOUT"] = "2";
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "100";
  std::optional<Service> service;
  service.emplace(environment);
  REQUIRE(queue.all_stored());
  std::optional<FullTable> full(std::in_place, topology);
  queue.publish(kEvents, 2 * kEvents);
  REQUIRE(wait_until([&] { return service->count_in_log("everything in hand is given back") >= 2; },
                     seconds(30)));
  REQUIRE(wait_for(seconds(10)));
  full.reset();
  INFO(service->log());
  CHECK(wait_until([&] { return topology.distinct_events() == 2 * kEvents; }, seconds(90)));
  CHECK(queue.client.message_count(topology.dead_letter_queue()) == 0);
}

// By itself the service takes the limit for that of RabbitMQ's version.
TEST_CASE("slip: a queue's own delivery limit") {
  TestTopology topology("quorum_limit_said");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(),
                       {{"x-queue-type", "quorum"}, {"x-delivery-limit", std::int64_t{3}}});
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  const std::string fault = "queue " + topology.queue() +
                            " drops an event that has come back more than 3 times, and "
                            "--delivery-limit says " +
                            (is_at_least(rabbitmq().version(), "4") ? "20" : "there is no limit") +
                            "; set EVENT_CONSUMER_DELIVERY_LIMIT=3\n";
  CHECK(contains(run_program(environment, {"check"}).output, "! " + fault));
  for (const char* limit : {"auto", "3"}) {
    environment["EVENT_CONSUMER_DELIVERY_LIMIT"] = limit;
    Service service(environment);
    REQUIRE(service.wait_consuming(1));
    CHECK(service.stop() == 0);
    INFO(service.log());
    CHECK(service.count_in_log(fault) == (limit == std::string("auto") ? 1 : 0));
  }
}

// A consumer is asked for no more than the window has room for beside what waits: what is on its
// way beyond that counts as returned when the window opens further.
TEST_CASE("quorum queue: a window that opens holds what it says, and costs no event") {
  QuorumQueue queue("quorum_misfit");
  Environment environment = queue.topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  {
    Service service(environment);  // which makes the table
    REQUIRE(queue.all_stored());
    REQUIRE(service.stop() == 0);
  }
  const std::string table = queue.topology.table(), away = queue.topology.database() + ".away";
  clickhouse().query("RENAME TABLE " + table + " TO " + away);
  clickhouse().query("CREATE TABLE " + table + " (no_key_of_theirs String)" +
                     " ENGINE = MergeTree ORDER BY tuple()");
  queue.publish(kEvents, 2 * kEvents);
  environment["EVENT_CONSUMER_PREFETCH"] = "2";
  Service service(environment);
  REQUIRE(
      wait_until([&] { return service.count_in_log("all 16 events in hand are given back") == 1; },
                 seconds(30)));
  clickhouse().query("DROP TABLE " + table);
  clickhouse().query("RENAME TABLE " + away + " TO " + table);
  service.send(SIGHUP);
  INFO(service.log());
  CHECK(wait_until([&] { return queue.topology.distinct_events() == 2 * kEvents; }, seconds(60)));
}

// An insert takes longer than the broker is left waiting (heartbeats of 4 s: for 2 s), and a batch
// is a small part of what waits. Few come ahead, and none go back.
TEST_CASE("quorum queue: a slow table costs no event") {
  const bool by_itself = GENERATE(true, false);
  QuorumQueue queue(by_itself ? "quorum_slow" : "quorum_slow_number", 3);
  const TestTopology& topology = queue.topology;
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] += "?heartbeat=4";
  environment["EVENT_CONSUMER_BATCH_BYTES"] = "64KiB";
  environment["EVENT_CONSUMER_DELIVERY_LIMIT"] = "3";
  if (!by_itself) environment["EVENT_CONSUMER_PREFETCH"] = "5000";
  {
    const Service maker(environment);
    REQUIRE(wait_until([&] { return topology.rows() > 0; }, seconds(20)));
  }
  clickhouse().query("ALTER TABLE " + topology.table() +
                     " ADD COLUMN slow UInt8 MATERIALIZED sleep(3)");
  queue.publish(kEvents, 2 * kEvents);
  const Service service(environment);
  CHECK(wait_until([&] { return topology.distinct_events() == 2 * kEvents; }, seconds(120)));
  INFO(service.log());
  CHECK(queue.client.message_count(topology.dead_letter_queue()) == 0);
  CHECK(service.count_in_log("message rejected") == 0);
}

// What would be dropped is in the dead-letter queue, before.
TEST_CASE("quorum queue: an event at its last delivery that cannot be stored is dead-lettered") {
  QuorumQueue queue("quorum_last");
  const TestTopology& topology = queue.topology;
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_HOLD_TIMEOUT"] = "2";
  environment["EVENT_CONSUMER_DELIVERY_LIMIT"] = "1";
  environment["EVENT_CONSUMER_CREATE_TABLE"] = "on";
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  std::optional<Service> service;
  service.emplace(environment);
  REQUIRE(queue.all_stored());
  std::optional<FullTable> full(std::in_place, topology);
  queue.publish(kEvents, 2 * kEvents);
  // All go back once; then the probe is at its last delivery.
  INFO(service->log());
  REQUIRE(wait_until([&] { return service->count_in_log("rejected, delivery_limit") > 0; },
                     seconds(60)));
  CHECK(service->stop() == 0);
  full.reset();
  const std::uint64_t saved = queue.client.message_count(topology.dead_letter_queue());
  CHECK(saved > 0);
  const auto letter = queue.client.get(topology.dead_letter_queue(), /*auto_ack=*/false);
  REQUIRE(letter);
  CHECK(letter->properties.headers.at("x-event-consumer-reason") == "delivery_limit");
  service.emplace(environment);
  CHECK(wait_until([&] { return topology.distinct_events() == 2 * kEvents - saved; }, seconds(60)));
}

// RabbitMQ 4 has a limit of its own.
TEST_CASE("quorum queue: links lost more often than the delivery limit cost no event") {
  const bool has_default = is_at_least(rabbitmq().version(), "4");
  const bool stores = GENERATE(true, false);
  TestTopology topology(stores ? "quorum_links" : "quorum_links_full");
  AmqpClient client(rabbitmq().url());
  TcpProxy proxy(rabbitmq().port());
  QueueArguments arguments = {{"x-queue-type", "quorum"}};
  if (!has_default) arguments["x-delivery-limit"] = 3;
  client.declare_queue(topology.queue(), arguments);
  client.enable_confirms();
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] =
      "amqp://guest:guest@127.0.0.1:" + std::to_string(proxy.port()) + "/";
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "20";
  if (!has_default) environment["EVENT_CONSUMER_DELIVERY_LIMIT"] = "3";
  const Service service(environment);
  REQUIRE(wait_until([&] { return client.consumer_count(topology.queue()) == 1; }, seconds(20)));
  std::optional<FullTable> full;
  if (!stores) full.emplace(topology);
  // An insert takes long enough to be seen by itself.
  if (stores)
    clickhouse().query("ALTER TABLE " + topology.table() +
                       " ADD COLUMN slow UInt8 MATERIALIZED sleep(0.1)");
  // Those that came back come in turn.
  const std::uint64_t count = stores ? kEvents : 2;
  const ClickEvents events(7);
  MessageProperties persistent;
  persistent.delivery_mode = 2;
  for (std::uint64_t id = 0; id < count; ++id)
    client.publish("", topology.queue(), events.json_at(id), persistent);
  REQUIRE(client.wait_for_confirms(seconds(60)));
  const int cuts = has_default ? 60 : 9;
  // Not for long: after something was dead-lettered there is none before a sign of life.
  const auto has_consumers = [&](std::uint32_t wanted) {
    return wait_until([&] { return client.consumer_count(topology.queue()) == wanted; },
                      seconds(3));
  };
  for (int i = 0; i < cuts; ++i) {
    const std::uint64_t before = stores ? topology.distinct_events() : 0;
    has_consumers(1);
    // What a link is cut over more often than the limit is lost, where less than a few batches are
    // stored in between.
    if (stores)
      wait_until([&] { return topology.distinct_events() >= before + kStoredBetween; },
                 seconds(20));
    else
      wait_for(std::chrono::milliseconds(300));
    proxy.speak();
    has_consumers(0);
  }
  full.reset();
  INFO(service.log());
  std::uint64_t saved = 0;
  wait_until(
      [&] {
        saved = client.message_count(topology.dead_letter_queue());
        return topology.distinct_events() + saved == count;
      },
      seconds(90));
  INFO("dead-lettered " << saved << ", in the queue " << client.message_count(topology.queue()));
  CHECK(topology.distinct_events() + saved == count);
  CHECK((saved == 0) == stores);
}

}  // namespace event_consumer::testing
