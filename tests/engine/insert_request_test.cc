// What an insert says to ClickHouse 26 beside its rows.
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/engine/engine_facts.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/schema_changes.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"
#include "tests/support/wide_table.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

}  // namespace

// It makes no table whose definition is longer than max_query_size, which somebody has raised here.
TEST_CASE("ClickHouse 26: a statement of 1500 columns and 360 kB is taken") {
  constexpr int kColumns = 1500;
  TestTopology topology("wide", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("SET max_query_size = 1000000");
  create_wide_table(engine(), topology.table(), kColumns);
  engine().query("SET max_query_size = 262144");
  Service service(topology.environment());
  AmqpClient(rabbitmq().url()).publish(topology.exchange(), topology.queue(), wide_event(kColumns));
  const bool stored = wait_until([&] { return topology.rows() == 1; }, seconds(30));
  INFO(service.log());
  REQUIRE(stored);
  CHECK(is_stored_wide(engine(), topology.table(), kColumns));
}

// The engine's settings last, as those of a user's profile do. Values of the two types are as long
// as each other.
TEST_CASE("ClickHouse 26: types are compared, whatever the user's profile says") {
  TestTopology topology("profile", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() +
                 " (short_code String, timestamp DateTime, user_agent String, ip_address String, "
                 "referrer String, original_url String, amount UInt32) ENGINE = MergeTree() ORDER "
                 "BY short_code");
  engine().query("SET input_format_with_types_use_header = 0");
  std::vector<std::string> statements;
  for (int i = 0; i < 4; ++i) {
    statements.push_back("MODIFY COLUMN amount Float32");
    statements.push_back("MODIFY COLUMN amount UInt32");
  }
  CHECK(alter_in_mid_drain(topology, engine(), statements) == std::vector<std::string>());
  engine().query("SET input_format_with_types_use_header = 1");
}

// Each of these is somebody's profile.
TEST_CASE("ClickHouse 26: a key that is absent becomes the DEFAULT, whatever the profile says") {
  const auto [known, setting, ordinary, other] =
      GENERATE(table<bool ServerFacts::*, std::string, std::string, std::string>({
          {&ServerFacts::knows_defaults_for_omitted, "input_format_defaults_for_omitted_fields",
           "1", "0"},
          {&ServerFacts::knows_binary_types, "input_format_binary_decode_types_in_binary_format",
           "0", "1"},
      }));
  if (!(engine_facts().*known)) return;
  TestTopology topology("defaults", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query(
      "CREATE TABLE defaults.door (id UInt8, more UInt8 DEFAULT id + 1) ENGINE = "
      "MergeTree ORDER BY id");
  engine().query("SET " + setting + " = " + other);
  Environment environment = without_required(topology);
  environment["CLICKHOUSE_TABLE"] = "door";
  AmqpClient(rabbitmq().url()).publish(topology.exchange(), topology.queue(), R"({"id":5})");
  Service service(environment);
  const bool stored = wait_until(
      [&] { return engine().query("SELECT count() FROM defaults.door") == "1\n"; }, seconds(30));
  engine().query("SET " + setting + " = " + ordinary);
  INFO(setting << '\n' << service.log());
  CHECK(stored);
  CHECK(engine().query("SELECT * FROM defaults.door") == "5\t6\n");
}

// Else it is answered as one that is stored.
TEST_CASE(
    "ClickHouse 26: an insert that takes too long is posted again, whatever the profile says") {
  ONLY_WHERE(knows_deduplicate_insert);  // in older engines no SET of a word lasts
  TestTopology topology("overflow", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE overflow.door (id UInt64) ENGINE = Null");
  engine().query("CREATE TABLE overflow.slow (id UInt64, x UInt8) ENGINE = MergeTree ORDER BY id");
  engine().query(
      "CREATE MATERIALIZED VIEW overflow.v TO overflow.slow AS SELECT id, sleepEachRow(0.5) AS x "
      "FROM overflow.door");
  engine().query("SET timeout_overflow_mode = 'break'");
  engine().query("SET max_execution_time = 1");
  Environment environment = without_required(topology);
  environment["CLICKHOUSE_TABLE"] = "door";
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  AmqpClient client(rabbitmq().url());
  client.publish(topology.exchange(), topology.queue(),
                 R"([{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}])");
  Service service(environment);
  const bool refused =
      wait_until([&] { return service.count_in_log("Code: 159") > 0; }, seconds(30));
  engine().query("SET max_execution_time = 0");
  engine().query("SET timeout_overflow_mode = 'throw'");
  INFO(service.log());
  CHECK(refused);
  CHECK(wait_until([&] { return engine().query("SELECT count() FROM overflow.slow") == "5\n"; },
                   seconds(30)));
}

TEST_CASE("ClickHouse 26: a table that is created durable is so") {
  TestTopology topology("durable", engine());
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_DURABLE"] = "on";
  Service service(environment);
  REQUIRE(service.wait_consuming(1));
  CHECK(contains(topology.create_statement(), "fsync_after_insert = 1, fsync_part_directory = 1"));
  AmqpClient(rabbitmq().url())
      .publish(topology.exchange(), topology.queue(), ClickEvents().json_at(1));
  CHECK(wait_until([&] { return topology.rows() == 1; }, seconds(20)));
}

TEST_CASE(
    "ClickHouse 26: the comment in its log of queries names this program, or what an option says") {
  for (const std::string comment : {"", "billing"}) {
    TestTopology topology("log_comment", engine());
    topology.declare_topology();
    engine().query("CREATE DATABASE " + topology.database());
    engine().query("CREATE TABLE " + topology.table() +
                   " (a UInt8, comment String MATERIALIZED getSetting('log_comment')) ENGINE = "
                   "MergeTree() ORDER BY a");
    Environment environment = without_required(topology);
    if (!comment.empty()) environment["CLICKHOUSE_SETTINGS"] = "log_comment=" + comment;
    Service service(environment);
    AmqpClient(rabbitmq().url()).publish(topology.exchange(), topology.queue(), R"({"a":1})");
    const bool stored = wait_until([&] { return topology.rows() == 1; }, seconds(30));
    INFO(service.log());
    REQUIRE(stored);
    CHECK(engine().query("SELECT comment FROM " + topology.table()) ==
          (comment.empty() ? "event-consumer/" EVENT_CONSUMER_VERSION : comment) + "\n");
  }
}

TEST_CASE("ClickHouse 26: settings are asked for before events are taken") {
  TestTopology topology("settings", engine());
  topology.declare_topology();
  for (const auto& [setting, words] : std::vector<std::pair<std::string, std::string>>{
           {"insert_qourum=2", "does not know this setting: did you mean insert_quorum?"},
           {"insert_quorum=many", "Code: "},
           {"fsync_after_insert=1", "it is a setting of tables, and none of inserts"}}) {
    const Finished check =
        run_program(topology.environment(), {"check", "--clickhouse-setting", setting});
    INFO(check.output);
    CHECK(describe_status(check.status) == "exit status 78");
    CHECK(contains(check.output, "--clickhouse-setting " + setting + ": "));
    CHECK(contains(check.output, words));
  }
  const Finished check = run_program(topology.environment(),
                                     {"check", "--clickhouse-setting", "insert_quorum_timeout=1"});
  INFO(check.output);
  CHECK(describe_status(check.status) == "exit status 0");
}

}  // namespace event_consumer::testing
