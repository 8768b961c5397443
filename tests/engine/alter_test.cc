// ClickHouse compares names and types of the columns itself: tables may change at any moment.
#include <string>
#include <vector>

#include "tests/engine/engine_facts.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/schema_changes.h"

namespace event_consumer::testing {

TEST_CASE("ClickHouse 26: columns are added, changed and dropped in the middle of a backlog") {
  TestTopology topology("altered", engine());
  topology.declare_topology();
  CHECK(alter_in_mid_drain(topology, engine(),
                           {"ADD COLUMN note String", "MODIFY COLUMN ip_address Nullable(String)",
                            "DROP COLUMN referrer"}) == std::vector<std::string>());
}

// Rows for columns with a DEFAULT are written in another format. Values of the two types are as
// long as each other: nothing but the names of the types tells them apart.
TEST_CASE("ClickHouse 26: a table with a DEFAULT is altered in the middle of a backlog") {
  ONLY_WHERE(knows_typed_rows_with_defaults);
  TestTopology topology("altered_default", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() +
                 " (short_code String, timestamp DateTime, user_agent String, ip_address String, "
                 "referrer String, original_url String, amount UInt32, level UInt8 DEFAULT 7) "
                 "ENGINE = MergeTree() ORDER BY short_code");
  std::vector<std::string> statements;
  for (int i = 0; i < 4; ++i) {
    statements.push_back("MODIFY COLUMN amount Float32");
    statements.push_back("MODIFY COLUMN amount UInt32");
  }
  CHECK(alter_in_mid_drain(topology, engine(), statements) == std::vector<std::string>());
  CHECK(engine().query("SELECT DISTINCT level FROM " + topology.table()) == "7\n");
}

}  // namespace event_consumer::testing
