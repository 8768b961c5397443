// ClickHouse 26: tables with every type, and with columns that ClickHouse fills itself.
#include <cstdint>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/engine/engine_facts.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/foreign_table.h"
#include "tests/support/odd_names.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/typed_columns.h"
#include "tests/support/versions.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

}  // namespace

TEST_CASE("ClickHouse 26: a column of every type is filled and reads as it was sent") {
  TestTopology topology("types", engine());
  topology.declare_topology();
  const auto columns = typed_columns(engine_facts().version);
  engine().query("SET allow_suspicious_low_cardinality_types = 1");
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() + " (" + column_definitions(columns) +
                 ") ENGINE = MergeTree() ORDER BY c0");
  Service service(without_required(topology));
  AmqpClient(rabbitmq().url()).publish(topology.exchange(), topology.queue(), event_for(columns));
  const bool stored = wait_until([&] { return topology.rows() == 1; }, seconds(20));
  INFO(service.log());
  REQUIRE(stored);
  CHECK(differences(columns, engine().query("SELECT * FROM " + topology.table())) ==
        std::vector<std::string>());
}

// 24.8 has JSON when a setting allows it, and does not read its text in rows.
TEST_CASE("ClickHouse 24.8: a column of JSON is left to its empty value, and said") {
  const std::string allow = "allow_experimental_json_type";
  const bool has_json =
      engine().query("SELECT count() FROM system.settings WHERE name = '" + allow + "'") == "1\n";
  if (engine_facts().knows_json_as_string || !has_json) return;
  TestTopology topology("json_left_out", engine());
  topology.declare_topology();
  engine().query("SET " + allow + " = 1");
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() +
                 " (id UInt32, doc JSON, note String) ENGINE = MergeTree ORDER BY id");
  AmqpClient(rabbitmq().url())
      .publish(topology.exchange(), topology.queue(), R"({"id":7,"doc":{"a":1},"note":"x"})");
  const Finished check = run_program(topology.environment(), {"check"});
  CHECK(contains(check.output, "! column doc of "));
  Service service(topology.environment());
  const bool stored = wait_until([&] { return topology.rows() == 1; }, seconds(20));
  INFO(service.log());
  REQUIRE(stored);
  CHECK(engine().query("SELECT id, note FROM " + topology.table()) == "7\tx\n");
  CHECK(contains(service.log(), ": it is left to its DEFAULT, or empty"));
}

TEST_CASE("ClickHouse 26: a table of another kind requires nothing, takes keys in another case") {
  TestTopology topology("foreign", engine());
  topology.declare_topology();
  CHECK(fill_foreign_table(topology, engine()) == std::vector<std::string>());
}

TEST_CASE("ClickHouse 26: absent keys are DEFAULTs in one insert, computed columns left alone") {
  TestTopology topology("defaults", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() +
                 " (id UInt32, level UInt8 DEFAULT 7, note String DEFAULT concat('n', "
                 "toString(id)), maybe Nullable(Int32) DEFAULT 5, many Array(UInt8) DEFAULT [1], "
                 "twice UInt32 MATERIALIZED id * 2, thrice UInt32 ALIAS id * 3" +
                 // Before 25.5 the engine wants one in the file that it is given for the rows.
                 (is_at_least(engine_facts().version, "25.5") ? ", given String EPHEMERAL" : "") +
                 ") ENGINE = MergeTree() ORDER BY id");
  AmqpClient client(rabbitmq().url());
  const std::vector<std::string> bodies = {
      R"({"id": 1})", R"({"id": 2, "level": 1, "maybe": 2, "many": []})",
      R"({"id": 3, "note": "mine", "maybe": null, "many": null})",
      R"({"id": 4, "level": null, "note": ""})",
      R"({"id": 5, "twice": 1, "thrice": 1, "given": "mine"})"};
  client.enable_confirms();
  publish_confirmed(client, topology, 0, bodies.size(), [&](std::uint64_t i) { return bodies[i]; });
  const auto inserts = engine().inserts();
  Service service(without_required(topology));
  const bool stored = wait_until([&] { return topology.rows() == bodies.size(); }, seconds(20));
  INFO(service.log());
  REQUIRE(stored);
  CHECK(engine().query("SELECT id, level, note, maybe, many, twice, thrice FROM " +
                       topology.table() + " ORDER BY id") ==
        "1\t7\tn1\t5\t[1]\t2\t3\n"
        "2\t1\tn2\t2\t[]\t4\t6\n"
        "3\t7\tmine\t\\N\t[1]\t6\t9\n"
        "4\t7\t\t5\t[1]\t8\t12\n"
        "5\t7\tn5\t5\t[1]\t10\t15\n");
  CHECK(engine().inserts() - inserts == 1);
}

TEST_CASE("ClickHouse 26: columns of odd names, and a Nested beside plain dots, are filled") {
  TestTopology topology("odd_names", engine());
  topology.declare_topology();
  CHECK(fill_odd_table(topology, engine()) == std::vector<std::string>());
}

}  // namespace event_consumer::testing
