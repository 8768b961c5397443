// Materialized views of ClickHouse 26 behind the table: a repeated insert comes twice into those of
// their tables that do not deduplicate.
#include <string>

#include "common/text.h"
#include "tests/engine/engine_facts.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/free_port.h"
#include "tests/support/refused_start.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/versions.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kWindow[] = " SETTINGS non_replicated_deduplication_window = 100";

// A table of one column in the topology's database.
void create(const TestTopology& topology, const std::string& name, const std::string& like) {
  engine().query("CREATE TABLE " + topology.database() + "." + name +
                 " (id UInt64) ENGINE = " + like);
}

void create_view(const TestTopology& topology, const std::string& name, const std::string& table,
                 const std::string& source) {
  const std::string in = topology.database() + ".";
  engine().query("CREATE MATERIALIZED VIEW " + in + name + " TO " + in + table +
                 " AS SELECT id FROM " + in + source);
}

std::string rows(const TestTopology& topology, const std::string& table) {
  return engine().query("SELECT count() FROM " + topology.database() + "." + table);
}

// Three inserts of 100 rows, of which the first loses its answer.
void store_with_a_repetition(const TestTopology& topology, Service& service) {
  REQUIRE(service.wait_consuming(1));
  engine().lose_answers(1);
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, 300,
                    [](std::uint64_t id) { return "{\"id\":" + std::to_string(id) + "}"; });
  CHECK(wait_until(
      [&] {
        const auto counts = rabbitmq().queue_counts(topology.queue());
        return counts.ready == 0 && counts.unacknowledged == 0;
      },
      seconds(60)));
  CHECK(service.count_in_log("tried again in") == 1);
}

Environment environment_of(const TestTopology& topology, const std::string& table, int port) {
  Environment environment = topology.environment();
  environment["CLICKHOUSE_TABLE"] = table;
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "100";
  environment["EVENT_CONSUMER_STATUS_ADDRESS"] = "127.0.0.1:" + std::to_string(port);
  return environment;
}

bool page_says(int port, const std::string& path, const std::string& text) {
  return wait_until([&] { return contains(get_status_page(port, path).content, text); },
                    seconds(10));
}

}  // namespace

TEST_CASE(
    "ClickHouse 26: behind views whose tables have a window, a repeated insert is stored once") {
  TestTopology topology("views_once", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE views_once");
  const std::string source = GENERATE("source", "door");  // of which one keeps no rows itself
  create(topology, "source", std::string("MergeTree ORDER BY id") + kWindow);
  create(topology, "door", "Null");
  create(topology, "near", std::string("MergeTree ORDER BY id") + kWindow);
  create(topology, "far", std::string("MergeTree ORDER BY id") + kWindow);
  create_view(topology, "v", "near", source);
  create_view(topology, "w", "far", "near");
  engine().query("CREATE MATERIALIZED VIEW views_once.own ENGINE = MergeTree ORDER BY id" +
                 std::string(kWindow) + " AS SELECT id FROM views_once." + source);

  const int port = free_port();
  const Environment environment = environment_of(topology, source, port);
  const Finished check = run_program(environment, {"check"});
  CHECK(contains(check.output, "✓ a repeated insert would be noticed, and its rows stored once\n"));
  Service service(environment);
  store_with_a_repetition(topology, service);
  INFO(check.output << service.log());
  CHECK(service.count_in_log("; each event once, unless all processes die together (") == 1);
  CHECK(page_says(port, "/metrics", "event_consumer_table_deduplicates 1"));
  CHECK(page_says(port, "/status", "\"doubling_tables\":\"\""));
  for (const std::string table : {"near", "far", "own"}) CHECK(rows(topology, table) == "300\n");
  CHECK(service.stop() == 0);
}

TEST_CASE(
    "ClickHouse 26: a table behind a view that would double is named, and once is not claimed") {
  TestTopology topology("views_twice", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE views_twice");
  create(topology, "source", std::string("MergeTree ORDER BY id") + kWindow);
  create(topology, "near", std::string("MergeTree ORDER BY id") + kWindow);
  create(topology, "far", "MergeTree ORDER BY id");
  create_view(topology, "v", "near", "source");
  create_view(topology, "w", "far", "near");

  const std::string doubling = "`views_twice`.`far` (behind the view `views_twice`.`w`)";
  const int port = free_port();
  const Environment environment = environment_of(topology, "source", port);
  const Finished check = run_program(environment, {"check"});
  CHECK(contains(check.output, "! a repeated insert would be noticed in the table itself, but"));
  CHECK(contains(check.output, "can come twice into " + doubling + "; ALTER TABLE"));
  Service service(environment);
  store_with_a_repetition(topology, service);
  INFO(check.output << service.log());
  CHECK(service.count_in_log("; at least once (a repeated insert would be noticed in the table") ==
        1);
  CHECK(service.count_in_log("can come twice into " + doubling) == 1);
  CHECK(page_says(port, "/metrics", "event_consumer_table_deduplicates 0"));
  CHECK(page_says(port, "/status", "\"doubling_tables\":\"" + doubling + "\""));
  CHECK(contains(unbroken(run_program(environment, {"status"}).output),
                 "at least once (a repeated insert is not noticed in " + doubling + ")"));
  CHECK(rows(topology, "source") == "300\n");
  CHECK(rows(topology, "near") == "300\n");
  CHECK(rows(topology, "far") == "400\n");
  CHECK(service.stop() == 0);
}

TEST_CASE("ClickHouse 26: a view, a refreshed view, a Null and a Buffer table are refused") {
  TestTopology topology("no_targets", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE no_targets");
  create(topology, "orders", "MergeTree ORDER BY id");
  create(topology, "door", "Null");
  create(topology, "all", "Merge('no_targets', '^orders$')");
  create(topology, "fast",
         "Buffer('no_targets', 'orders', 1, 3600, 3600, 1000000, 1000000, 100000000, 100000000)");
  engine().query("CREATE VIEW no_targets.seen AS SELECT id FROM no_targets.orders");
  create(topology, "front", "Null");
  create_view(topology, "nowhere", "door", "front");
  create(topology, "gate", "Null");
  create_view(topology, "hurried", "fast", "gate");
  const bool has_aliases = is_at_least(engine_facts().version, "26.7");
  if (has_aliases) engine().query("CREATE TABLE no_targets.other ENGINE = Alias(no_targets.door)");
  const bool has_refreshes = is_at_least(engine_facts().version, "24.10");
  if (has_refreshes)
    engine().query(
        "CREATE MATERIALIZED VIEW no_targets.daily REFRESH EVERY 1 YEAR ENGINE = MergeTree ORDER "
        "BY id EMPTY AS SELECT id FROM no_targets.orders");
  for (const auto& [table, cause] : std::vector<std::pair<std::string, std::string>>{
           {"seen", "Method write is not supported by storage View"},
           {"all", "Method write is not supported by storage Merge"},
           {"daily", "its next refresh replaces what is in it"},
           {"door", "has the engine Null and no materialized view behind it"},
           {"front", "has the engine Null and none but Null tables behind"},
           {"gate", "has the engine Null and only Buffer tables behind"},
           {"other", "has the engine Null and no materialized view behind it"},
           {"fast", "has the engine Buffer"}}) {
    if ((table == "daily" && !has_refreshes) || (table == "other" && !has_aliases)) continue;
    INFO(table);
    CHECK(not_refused(topology, environment_of(topology, table, free_port()), cause, "→ ") == "");
  }
}

TEST_CASE("ClickHouse 26: a table that waits for the disk is said to") {
  TestTopology topology("durable", engine());
  engine().query("CREATE DATABASE durable");
  create(topology, "t", "MergeTree ORDER BY id SETTINGS fsync_after_insert = 1");
  Environment environment = topology.environment();
  environment["CLICKHOUSE_TABLE"] = "t";
  CHECK(contains(run_program(environment, {"check"}).output,
                 "✓ stored means on the disk of one server\n"));
}

}  // namespace event_consumer::testing
