// What ClickHouse 26 says of a table, whatever the user's profile sets.
#include <string>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// As if they stood in the profile; the engine has one session for all.
class DescribeSettings {
 public:
  DescribeSettings() { set("1"); }
  ~DescribeSettings() { set("0"); }

 private:
  static void set(const std::string& value) {
    for (const char* name : {"describe_include_subcolumns", "describe_include_virtual_columns",
                             "describe_compact_output"})
      engine().query(std::string("SET ") + name + " = " + value);
  }
};

}  // namespace

TEST_CASE("ClickHouse 26: settings of the profile do not change what the columns are") {
  TestTopology topology("profile", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() +
                 " (id UInt64, note Nullable(String), twice UInt64 MATERIALIZED id * 2, "
                 "tags Array(String) DEFAULT ['none']) ENGINE = MergeTree ORDER BY id");
  engine().query("ALTER TABLE " + topology.table() + " ADD COLUMN kind String FIRST");
  const DescribeSettings settings;

  const Finished finished = run_program(topology.environment(), {"check"});
  INFO(finished.output);
  CHECK(describe_status(finished.status) == "exit status 0");
  CHECK(count_occurrences(finished.output, "✓ column ") == 5);
  CHECK(contains(finished.output,
                 "✓ column kind String: from key kind, if absent: empty\n✓ column id"));
  CHECK(contains(finished.output, "twice UInt64: left to ClickHouse (MATERIALIZED id * 2)"));

  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, 1, [](std::uint64_t) { return R"({"id":7})"; });
  Service service(topology.environment());
  CHECK(wait_until([&] { return topology.rows() == 1; }, seconds(30)));
  CHECK(engine().query("SELECT kind, id, note, tags FROM " + topology.table()) ==
        "\t7\t\\N\t['none']\n");
  CHECK(service.stop() == 0);
  INFO(service.log());
  CHECK(contains(service.log(), "(kind, id, note, tags)"));
}

}  // namespace event_consumer::testing
