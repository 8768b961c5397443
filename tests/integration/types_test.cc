// Tables other than the default one: every type that this ClickHouse has, and columns with DEFAULT.
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/foreign_table.h"
#include "tests/support/odd_names.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/typed_columns.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

}  // namespace

TEST_CASE("a column of every type that ClickHouse 18.16 has is filled and reads as it was sent") {
  TestTopology topology("types");
  topology.declare_topology();
  const auto columns = typed_columns("18.16");
  clickhouse().query("CREATE DATABASE " + topology.database());
  clickhouse().query("CREATE TABLE " + topology.table() + " (" + column_definitions(columns) +
                     ") ENGINE = MergeTree() ORDER BY c0");
  Service service(without_required(topology));
  AmqpClient(rabbitmq().url()).publish(topology.exchange(), topology.queue(), event_for(columns));
  REQUIRE(wait_until([&] { return topology.rows() == 1; }, seconds(20)));
  CHECK(differences(columns, clickhouse().query("SELECT * FROM " + topology.table())) ==
        std::vector<std::string>());
}

TEST_CASE("a table of another kind requires nothing, and takes keys in another case") {
  TestTopology topology("foreign");
  topology.declare_topology();
  CHECK(fill_foreign_table(topology, clickhouse()) == std::vector<std::string>());
}

TEST_CASE("an absent key is the DEFAULT of a column that has one") {
  TestTopology topology("defaults");
  topology.declare_topology();
  clickhouse().query("CREATE DATABASE " + topology.database());
  clickhouse().query("CREATE TABLE " + topology.table() +
                     " (id UInt32, level UInt8 DEFAULT 7, note String DEFAULT concat('n', "
                     "toString(id)), twice UInt32 MATERIALIZED id * 2) ENGINE = MergeTree() ORDER "
                     "BY id");
  Service service(without_required(topology));
  AmqpClient client(rabbitmq().url());
  for (const char* body :
       {R"({"id": 1})", R"({"id": 2, "level": 1})", R"({"id": 3, "note": "mine"})",
        R"({"id": 4, "level": null, "note": ""})", R"({"id": 5})",
        R"({"id": 6, "level": 2, "note": "x", "twice": 1})"})
    client.publish(topology.exchange(), topology.queue(), body);
  CHECK(wait_until([&] { return topology.rows() == 6; }, seconds(20)));
  CHECK(clickhouse().query("SELECT id, level, note, twice FROM " + topology.table() +
                           " ORDER BY id") ==
        "1\t7\tn1\t2\n2\t1\tn2\t4\n3\t7\tmine\t6\n4\t7\t\t8\n"
        "5\t7\tn5\t10\n6\t2\tx\t12\n");
}

TEST_CASE("columns of odd names, and a Nested beside plain dots, are filled by ClickHouse 18.16") {
  TestTopology topology("odd_names");
  topology.declare_topology();
  CHECK(fill_odd_table(topology, clickhouse()) == std::vector<std::string>());
}

}  // namespace event_consumer::testing
