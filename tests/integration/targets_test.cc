// Tables that are none, or none that rows can go to: said by check and by the start, before
// anything is taken.
#include <string>

#include "tests/support/catch.h"
#include "tests/support/refused_start.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {
namespace {

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

}  // namespace event_consumer::testing
