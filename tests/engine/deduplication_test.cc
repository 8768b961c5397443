// ClickHouse 26 knows deduplication tokens: what is posted again is stored once.
#include <filesystem>
#include <string>
#include <vector>

#include "tests/engine/engine_facts.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kEvents = 3'000;

// One worker, so that it is known which insert loses its answer: the first of three.
Environment one_worker(const TestTopology& topology) {
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "1000";
  return environment;
}

void publish_events(const TestTopology& topology) {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, kEvents,
                    [](std::uint64_t id) { return ClickEvents().json_at(id); });
}

bool wait_for_empty_queue(const TestTopology& topology) {
  return wait_until(
      [&] {
        const auto counts = rabbitmq().queue_counts(topology.queue());
        return counts.ready == 0 && counts.unacknowledged == 0;
      },
      seconds(60));
}

std::vector<std::uint64_t> each_once() {
  std::vector<std::uint64_t> ids;
  for (std::uint64_t id = 0; id < kEvents; ++id) ids.push_back(id);
  return ids;
}

}  // namespace

TEST_CASE("ClickHouse 26: a batch whose answer was lost is posted again and stored once") {
  TestTopology topology("answer_lost", engine());
  topology.declare_topology();
  publish_events(topology);
  const auto inserts = engine().inserts();
  engine().lose_answers(1);
  Service service(one_worker(topology));
  REQUIRE(wait_for_empty_queue(topology));
  INFO(service.log());
  CHECK(service.count_in_log("tried again in") == 1);
  CHECK(service.count_in_log("a repeated insert would be noticed") == 1);
  CHECK(engine().inserts() - inserts == 4);
  CHECK(engine()
            .query("SHOW CREATE TABLE " + topology.table())
            .find("non_replicated_deduplication_window = 10000") != std::string::npos);
  CHECK((topology.stored_ids() == each_once()));
}

TEST_CASE("ClickHouse 26: a repeated insert is stored once, whatever the user's profile says") {
  ONLY_WHERE(knows_deduplicate_insert);
  TestTopology topology("profile_off", engine());
  topology.declare_topology();
  publish_events(topology);
  engine().query("SET insert_deduplicate = 0");
  engine().query("SET deduplicate_insert = 'disable'");
  engine().lose_answers(1);
  Service service(one_worker(topology));
  const bool is_empty = wait_for_empty_queue(topology);
  engine().query("SET insert_deduplicate = 1");
  engine().query("SET deduplicate_insert = 'enable'");
  INFO(service.log());
  REQUIRE(is_empty);
  CHECK(service.count_in_log("tried again in") == 1);
  CHECK((topology.stored_ids() == each_once()));
}

// It writes the token down first, so it may have no more than that: then the rows would be lost if
// they were posted under it again. Where it has the rows, too, they are there twice.
TEST_CASE("ClickHouse 26: a server that is killed and knows a token without its rows loses none") {
  const bool has_rows = GENERATE(false, true);
  ClickhouseEngine own;
  TestTopology topology(has_rows ? "token_and_rows" : "token_alone", own);
  topology.declare_topology();
  publish_events(topology);
  own.lose_answers(1'000);
  Service service(one_worker(topology));
  REQUIRE(wait_until([&] { return service.count_in_log("did not answer") == 1; }, seconds(30)));
  REQUIRE(topology.rows() == 1'000);
  std::string data = own.query("SELECT data_paths[1] FROM system.tables WHERE database = '" +
                               topology.database() + "' AND data_paths[1] != ''");
  data.pop_back();
  own.kill();
  std::vector<std::filesystem::path> parts;
  for (const auto& entry : std::filesystem::directory_iterator(data))
    if (entry.path().filename().string().rfind("all_", 0) == 0) parts.push_back(entry.path());
  REQUIRE(parts.size() == 1);
  if (!has_rows) std::filesystem::remove_all(parts.front());
  own.start();
  REQUIRE(wait_for_empty_queue(topology));
  INFO(service.log());
  CHECK(service.count_in_log("was started anew since it left an insert without an answer") == 1);
  CHECK(topology.distinct_events() == kEvents);
  CHECK(topology.rows() == kEvents + (has_rows ? 1'000 : 0));
}

// A server that is killed between the partitions of one insert leaves it so.
TEST_CASE("ClickHouse 26: a token completes an insert of which one partition was stored") {
  TestTopology topology("half_stored", engine());
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() +
                 " (n UInt8) ENGINE = MergeTree ORDER BY n PARTITION BY n "
                 "SETTINGS non_replicated_deduplication_window = 100");
  const std::string insert =
      "INSERT INTO " + topology.table() + " SETTINGS insert_deduplication_token = 'token' VALUES ";
  engine().query(insert + "(1), (1)");
  engine().query(insert + "(1), (1), (2)");
  CHECK(engine().query("SELECT groupArray(n) FROM (SELECT n FROM " + topology.table() +
                       " ORDER BY n)") == "[1,1,2]\n");
}

TEST_CASE("ClickHouse 26: a table without a window stores a batch again whose answer was lost") {
  TestTopology topology("no_window", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  std::string create = kClickEventsTableSql;
  create.replace(create.find("url_shortener."), sizeof "url_shortener." - 1,
                 topology.database() + ".");
  engine().query(create);
  publish_events(topology);
  engine().lose_answers(1);
  Service service(one_worker(topology));
  REQUIRE(wait_for_empty_queue(topology));
  CHECK(topology.distinct_events() == kEvents);
  CHECK(topology.rows() == kEvents + 1'000);
}

TEST_CASE("ClickHouse 26: equal events in different batches are all stored") {
  TestTopology topology("equal_batches", engine());
  topology.declare_topology();
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, kEvents,
                    [](std::uint64_t) { return ClickEvents().json_at(7); });
  Service service(one_worker(topology));
  REQUIRE(wait_for_empty_queue(topology));
  CHECK(topology.rows() == kEvents);
}

}  // namespace event_consumer::testing
