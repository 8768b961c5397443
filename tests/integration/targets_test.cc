// Tables that are none, or none that rows can go to: said by check and by the start, before
// anything is taken.
#include <string>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/refused_start.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// Queue and database, and a table in it.
void create_orders(TestTopology& topology) {
  topology.declare_topology();
  clickhouse().query("CREATE DATABASE " + topology.database());
  clickhouse().query("CREATE TABLE " + topology.database() +
                     ".orders (id UInt64) ENGINE = MergeTree() ORDER BY id");
}

Environment with_table(const TestTopology& topology, const std::string& table) {
  Environment environment = topology.environment();
  environment["CLICKHOUSE_TABLE"] = table;
  return environment;
}

void publish_orders(const TestTopology& topology, int count) {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, count, [](std::uint64_t) { return R"({"id":1})"; });
}

bool wait_for_rows(const std::string& table, const std::string& rows) {
  return wait_until(
      [&] { return clickhouse().query("SELECT count() FROM " + table) == rows + "\n"; },
      seconds(60));
}

Finished check_of(const TestTopology& topology, const std::string& table, Environment more = {}) {
  Environment environment = with_table(topology, table);
  environment.insert(more.begin(), more.end());
  return run_program(environment, {"check"});
}

}  // namespace

TEST_CASE("slip: CLICKHOUSE_TABLE=mine.orders") {
  TestTopology topology("slip_dot");
  create_orders(topology);
  for (const char* create : {"auto", "on"}) {
    Environment environment = with_table(topology, topology.database() + ".orders");
    environment["CLICKHOUSE_DATABASE"] = "default";
    environment["EVENT_CONSUMER_CREATE_TABLE"] = create;
    CHECK(not_refused(topology, environment, "`default`.`slip_dot.orders` does not exist on ",
                      ", but `slip_dot`.`orders` does → set CLICKHOUSE_DATABASE to slip_dot and "
                      "CLICKHOUSE_TABLE to orders") == "");
  }
  CHECK(clickhouse().query("SHOW TABLES FROM default").empty());
}

TEST_CASE("slip: CLICKHOUSE_TABLE=`orders`") {
  TestTopology topology("slip_quoted");
  create_orders(topology);
  Environment environment = with_table(topology, "`orders`");
  environment["EVENT_CONSUMER_CREATE_TABLE"] = "on";
  CHECK(not_refused(topology, environment, "`slip_quoted`.`\\`orders\\`` does not exist on ",
                    "each a name alone, without quotes and blanks around it") == "");
  // With the name of the table that is created by itself.
  environment = topology.environment();
  environment["CLICKHOUSE_DATABASE"] = "slip_quoted ";
  CHECK(not_refused(topology, environment, "`slip_quoted `.`click_events` does not exist on ",
                    "each a name alone, without quotes and blanks around it") == "");
  CHECK(clickhouse().query("SELECT count() FROM system.databases WHERE name = 'slip_quoted '") ==
        "0\n");
}

TEST_CASE("slip: CLICKHOUSE_TABLE is a view") {
  TestTopology topology("slip_view");
  create_orders(topology);
  clickhouse().query("CREATE VIEW slip_view.seen AS SELECT id FROM slip_view.orders");
  clickhouse().query(
      "CREATE TABLE slip_view.all (id UInt64) ENGINE = Merge(slip_view, '^orders$')");
  for (const char* table : {"seen", "all"}) {
    INFO(table);
    CHECK(not_refused(topology, with_table(topology, table),
                      std::string("user default cannot insert into `slip_view`.`") + table + "`",
                      "Method write is not supported by storage") == "");
  }
  CHECK(not_refused(topology, with_table(topology, "seen"), "Code: 48",
                    "→ name a table that takes rows, and no view: correct CLICKHOUSE_TABLE") == "");
}

TEST_CASE("slip: CLICKHOUSE_TABLE, a Null table") {
  TestTopology topology("slip_null");
  create_orders(topology);
  clickhouse().query("CREATE TABLE slip_null.door (id UInt64) ENGINE = Null");
  CHECK(not_refused(topology, with_table(topology, "door"),
                    "`slip_null`.`door` has the engine Null and no materialized view behind it",
                    "→ correct CLICKHOUSE_TABLE, or create the view") == "");
}

TEST_CASE("slip: CLICKHOUSE_TABLE, a Buffer table") {
  TestTopology topology("slip_buffer");
  create_orders(topology);
  clickhouse().query(
      "CREATE TABLE slip_buffer.fast (id UInt64) ENGINE = Buffer(slip_buffer, orders, 1, 3600, "
      "3600, 1000000, 1000000, 100000000, 100000000)");
  CHECK(not_refused(topology, with_table(topology, "fast"),
                    "`slip_buffer`.`fast` has the engine Buffer, which holds rows in memory",
                    "accept that with --allow-buffer on") == "");
}

TEST_CASE("targets: a Buffer table that was accepted is said to hold rows in memory") {
  TestTopology topology("buffer");
  create_orders(topology);
  clickhouse().query(
      "CREATE TABLE buffer.fast (id UInt64) ENGINE = Buffer(buffer, orders, 1, 3600, 3600, "
      "1000000, 1000000, 100000000, 100000000)");
  const Environment accept = {{"EVENT_CONSUMER_ALLOW_BUFFER", "on"}};
  const Finished check = check_of(topology, "fast", accept);
  INFO(check.output);
  CHECK(describe_status(check.status) == "exit status 0");
  CHECK(contains(check.output, "! stored means in memory only\n"));
  publish_orders(topology, 10);
  Environment environment = with_table(topology, "fast");
  environment.insert(accept.begin(), accept.end());
  Service service(environment);
  CHECK(wait_for_rows("buffer.fast", "10"));
  CHECK(service.count_in_log("; stored means in memory only") > 0);
  CHECK(service.stop() == 0);
}

TEST_CASE("targets: rows for a Null table are where its views put them") {
  TestTopology topology("door");
  create_orders(topology);
  clickhouse().query("CREATE TABLE door.door (id UInt64) ENGINE = Null");
  clickhouse().query("CREATE TABLE door.log (id UInt64) ENGINE = Memory");
  clickhouse().query("CREATE MATERIALIZED VIEW door.v TO door.orders AS SELECT id FROM door.door");
  const Finished on_disk = check_of(topology, "door");
  CHECK(contains(on_disk.output, "✓ stored means in the page cache of one server\n"));
  clickhouse().query("CREATE MATERIALIZED VIEW door.w TO door.log AS SELECT id FROM door.door");
  const Finished in_memory = check_of(topology, "door");
  INFO(in_memory.output);
  CHECK(describe_status(in_memory.status) == "exit status 0");
  CHECK(contains(in_memory.output, "✓ table `door`.`door`: exists, engine Null\n"));
  CHECK(contains(in_memory.output, "! stored means in memory only\n"));
  publish_orders(topology, 10);
  Service service(with_table(topology, "door"));
  CHECK(wait_for_rows("door.orders", "10"));
  CHECK(wait_for_rows("door.log", "10"));
  CHECK(service.stop() == 0);
}

TEST_CASE("targets: rows for a materialized view go to its table, and that is said") {
  TestTopology topology("matview");
  create_orders(topology);
  clickhouse().query(
      "CREATE MATERIALIZED VIEW matview.v ENGINE = MergeTree() ORDER BY id AS SELECT id FROM "
      "matview.orders");
  const Finished check = check_of(topology, "v");
  INFO(check.output);
  CHECK(describe_status(check.status) == "exit status 0");
  CHECK(contains(check.output,
                 "✓ table `matview`.`v`: exists, engine MaterializedView, whose rows "
                 "go to `matview`.`.inner.v`\n"));
  publish_orders(topology, 10);
  Service service(with_table(topology, "v"));
  CHECK(wait_for_rows("matview.`.inner.v`", "10"));
  CHECK(clickhouse().query("SELECT count() FROM matview.orders") == "0\n");
  CHECK(service.stop() == 0);
}

// Whatever was sent to the table before, nothing is lost when it is put right.
TEST_CASE("targets: a table that becomes a view or a Null table is waited for") {
  TestTopology topology("becomes");
  create_orders(topology);
  clickhouse().query("CREATE TABLE becomes.t (id UInt64) ENGINE = MergeTree() ORDER BY id");
  const bool is_view = GENERATE(true, false);
  clickhouse().query(is_view ? "CREATE VIEW becomes.other AS SELECT id FROM becomes.orders"
                             : "CREATE TABLE becomes.other (id UInt64) ENGINE = Null");
  Service service(with_table(topology, "t"));
  REQUIRE(service.wait_consuming(2));
  clickhouse().query("RENAME TABLE becomes.t TO becomes.kept, becomes.other TO becomes.t");
  publish_orders(topology, 10);
  CHECK(wait_until(
      [&] { return service.count_in_log(is_view ? "Code: 48" : "has the engine Null and no") > 0; },
      seconds(20)));
  clickhouse().query("RENAME TABLE becomes.t TO becomes.other, becomes.kept TO becomes.t");
  CHECK(wait_for_rows("becomes.t", "10"));
  CHECK(service.stop() == 0);
  INFO(service.log());
  AmqpClient client(rabbitmq().url());
  CHECK(client.message_count(topology.queue()) == 0);
  CHECK_FALSE(contains(service.log(), "restart in"));
}

TEST_CASE("targets: what stored means stands in the log, the status and the metrics") {
  TestTopology topology("stored");
  create_orders(topology);
  clickhouse().query("CREATE TABLE stored.quick (id UInt64) ENGINE = Memory");
  for (const auto& [table, word, words] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"orders", "page_cache", "in the page cache of one server"},
           {"quick", "memory", "in memory only"}}) {
    Environment environment = with_table(topology, table);
    const int port = serve_status(environment);
    Service service(environment);
    REQUIRE(service.wait_consuming(2));
    CHECK(service.count_in_log("; stored means " + words + "\n") == 2);
    const auto says = [&](const std::string& path, const std::string& text) {
      return wait_until([&] { return contains(get_status_page(port, path).content, text); },
                        seconds(10));
    };
    CHECK(says("/status", "\"stored\":\"" + word + "\""));
    CHECK(says("/metrics",
               "event_consumer_stored_info{durability=\"" + word + "\",replicas=\"0\"} 1"));
    CHECK(contains(unbroken(run_program(environment, {"status"}).output),
                   "; stored means " + words + " "));
    CHECK(service.stop() == 0);
  }
}

}  // namespace event_consumer::testing
