// What an insert says to ClickHouse beside its rows: the statement at the head of the body, and
// settings that decide what its answer means.
#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/refused_start.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"
#include "tests/support/wide_table.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

Environment for_any_table(const TestTopology& topology) {
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  return environment;
}

std::size_t longest_line(const std::string& log) {
  std::istringstream lines(log);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

// not_refused() of an instance of that name with that setting.
std::string not_refused_with(const std::string& name, const std::string& setting,
                             const std::string& why) {
  TestTopology topology(name);
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["CLICKHOUSE_SETTINGS"] = setting;
  return not_refused(topology, environment, "--clickhouse-setting " + setting + ": ", why);
}

}  // namespace

TEST_CASE("insert request: a statement of 1500 columns and 360 kB is taken by ClickHouse 18.16") {
  constexpr int kColumns = 1500;
  TestTopology topology("wide");
  topology.declare_topology();
  clickhouse().query("CREATE DATABASE " + topology.database());
  create_wide_table(clickhouse(), topology.table(), kColumns);
  Service service(for_any_table(topology));
  AmqpClient(rabbitmq().url()).publish(topology.exchange(), topology.queue(), wide_event(kColumns));
  const bool stored = wait_until([&] { return topology.rows() == 1; }, seconds(30));
  INFO(service.log());
  REQUIRE(stored);
  CHECK(is_stored_wide(clickhouse(), topology.table(), kColumns));
  CHECK(longest_line(service.log()) < 4096);
  CHECK(contains(service.log(), " … and 14"));
  const Finished check = run_program(for_any_table(topology), {"check"});
  INFO(check.output);
  CHECK(describe_status(check.status) == "exit status 0");
}

// A row begins with the length of its first value, and goes on with the value.
TEST_CASE("insert request: rows are stored right whatever they begin with") {
  TestTopology topology("first_bytes");
  topology.declare_topology();
  clickhouse().query("CREATE DATABASE " + topology.database());
  clickhouse().query("CREATE TABLE " + topology.table() +
                     " (s String) ENGINE = MergeTree() ORDER BY s");
  std::vector<std::string> values;
  for (const std::string& beginning : {std::string("\n\n"),
                                       std::string("\r\n"),
                                       std::string("\t\t"),
                                       std::string("\f "),
                                       std::string("  "),
                                       std::string("\n;"),
                                       std::string(" \n"),
                                       std::string("\r\r"),
                                       std::string("\n--"),
                                       std::string("\n\0", 2),
                                       std::string("\0\0", 2),
                                       std::string("\v#"),
                                       std::string("; DROP"),
                                       std::string(";;"),
                                       std::string("--"),
                                       std::string("/*"),
                                       std::string("''"),
                                       std::string("\"\""),
                                       std::string("``"),
                                       std::string("#!"),
                                       std::string("\\N"),
                                       std::string("(1), (2)"),
                                       std::string("{}"),
                                       std::string("DROP TABLE x"),
                                       std::string("SETTINGS max_query_size = 1"),
                                       std::string("FORMAT TSV"),
                                       std::string("VALUES ('x')")}) {
    // The first byte is the length; the others stand behind it.
    std::string value = beginning.substr(1);
    value.resize(static_cast<unsigned char>(beginning[0]), 'x');
    values.push_back(value);
  }
  Environment environment = for_any_table(topology);
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "1";
  AmqpClient client(rabbitmq().url());
  for (const std::string& value : values) {
    std::string json;
    for (const char c : value) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      json += escaped;
    }
    client.publish(topology.exchange(), topology.queue(), R"({"s": ")" + json + R"("})");
  }
  Service service(environment);
  const bool stored = wait_until([&] { return topology.rows() == values.size(); }, seconds(60));
  INFO(service.log());
  REQUIRE(stored);
  std::sort(values.begin(), values.end());
  std::string expected;
  for (const std::string& value : values) {
    for (const char c : value) {
      char digits[4];
      std::snprintf(digits, sizeof digits, "%02X", static_cast<unsigned>(c));
      expected += digits;
    }
    expected += '\n';
  }
  CHECK(clickhouse().query("SELECT hex(s) FROM " + topology.table() + " ORDER BY s") == expected);
  CHECK(service.count_in_log("refused") == 0);
}

// Without insert_distributed_sync the server answers when it has spooled the rows.
TEST_CASE("insert request: a Distributed table answers when its shards have the rows") {
  ClickhouseServer shard;
  ClickhouseOptions options;
  options.shards = {shard.tcp_port()};
  ClickhouseServer front(options);
  TestTopology topology("distributed", front);
  topology.declare_topology();
  const std::string local = topology.database() + ".local";
  const std::string columns = " (id UInt64) ";
  shard.query("CREATE DATABASE " + topology.database());
  shard.query("CREATE TABLE " + local + columns + "ENGINE = MergeTree() ORDER BY id");
  front.query("CREATE DATABASE " + topology.database());
  front.query("CREATE TABLE " + topology.table() + columns + "ENGINE = Distributed(shards, " +
              topology.database() + ", local, id)");
  Service service(for_any_table(topology));
  REQUIRE(service.wait_consuming(1));
  shard.kill();
  AmqpClient client(rabbitmq().url());
  for (int id = 0; id < 20; ++id)
    client.publish(topology.exchange(), topology.queue(), "{\"id\": " + std::to_string(id) + "}");
  const bool refused =
      wait_until([&] { return service.count_in_log("tried again") >= 1; }, seconds(30));
  INFO(service.log());
  REQUIRE(refused);
  CHECK(wait_until([&] { return rabbitmq().queue_counts(topology.queue()).unacknowledged == 20; },
                   seconds(30)));
  CHECK(service.count_in_log("nothing is lost") >= 1);
  shard.start();
  CHECK(wait_until([&] { return shard.query("SELECT count() FROM " + local) == "20\n"; },
                   seconds(60)));
  CHECK(service.stop() == 0);
  CHECK(shard.query("SELECT count(), uniqExact(id) FROM " + local) == "20\t20\n");
  const auto counts = rabbitmq().queue_counts(topology.queue());
  CHECK(counts.ready + counts.unacknowledged == 0);
}

// 18.16 hands no token on: what the other shard took is stored there with each try.
TEST_CASE("insert request: of two shards behind a Distributed table one is away: none is lost") {
  constexpr int kEvents = 40;
  ClickhouseServer away, there;
  ClickhouseOptions options;
  // The server begins with the first; when that one is away, the other may never be written to.
  options.shards = {there.tcp_port(), away.tcp_port()};
  ClickhouseServer front(options);
  TestTopology topology("two_shards", front);
  topology.declare_topology();
  const std::string local = topology.database() + ".local";
  const std::string columns = " (id UInt64) ";
  for (const ClickhouseServer* shard : {&away, &there}) {
    shard->query("CREATE DATABASE " + topology.database());
    shard->query("CREATE TABLE " + local + columns + "ENGINE = MergeTree() ORDER BY id");
  }
  front.query("CREATE DATABASE " + topology.database());
  front.query("CREATE TABLE " + topology.table() + columns + "ENGINE = Distributed(shards, " +
              topology.database() + ", local, id)");
  const auto rows_of = [&](const ClickhouseServer& shard) {
    return std::stoi(shard.query("SELECT count() FROM " + local));
  };
  Service service(for_any_table(topology));
  REQUIRE(service.wait_consuming(1));
  away.kill();
  AmqpClient client(rabbitmq().url());
  for (int id = 0; id < kEvents; ++id)
    client.publish(topology.exchange(), topology.queue(), "{\"id\": " + std::to_string(id) + "}");
  CHECK(wait_until([&] { return service.count_in_log("nothing is lost") >= 1; }, seconds(30)));
  CHECK(wait_until(
      [&] { return rabbitmq().queue_counts(topology.queue()).unacknowledged == kEvents; },
      seconds(30)));
  CHECK(wait_until([&] { return rows_of(there) > kEvents / 2; }, seconds(60)));
  away.start();
  CHECK(wait_until([&] { return rows_of(away) == kEvents / 2; }, seconds(60)));
  CHECK(service.stop() == 0);
  INFO(service.log());
  CHECK(there.query("SELECT uniqExact(id), count() > uniqExact(id) FROM " + local) ==
        std::to_string(kEvents / 2) + "\t1\n");
}

TEST_CASE("insert request: settings of the options are sent, and shown by check") {
  TestTopology topology("settings");
  topology.declare_topology();
  clickhouse().query("CREATE DATABASE " + topology.database());
  clickhouse().query("CREATE TABLE " + topology.table() +
                     " (a UInt8) ENGINE = MergeTree() ORDER BY a");
  const std::vector<std::string> given = {"--clickhouse-setting", "max_threads=3",
                                          "--clickhouse-setting", "insert_quorum_timeout=1234"};
  std::vector<std::string> arguments = {"check"};
  arguments.insert(arguments.end(), given.begin(), given.end());
  const Finished check = run_program(for_any_table(topology), arguments);
  INFO(check.output);
  CHECK(describe_status(check.status) == "exit status 0");
  CHECK(contains(check.output, "setting max_threads = 3: sent with each insert"));
  CHECK(contains(check.output, "setting insert_quorum_timeout = 1234: sent with each insert"));
  const Finished refused =
      run_program(for_any_table(topology), {"check", "--clickhouse-setting", "readonly=1"});
  INFO(refused.output);
  CHECK(describe_status(refused.status) == "exit status 78");
  CHECK(contains(refused.output, "cannot insert into"));
}

TEST_CASE("insert request: system.query_log names this program and its version") {
  TestTopology topology("query_log");
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["CLICKHOUSE_SETTINGS"] = "log_queries=1";
  Service service(environment);
  AmqpClient(rabbitmq().url())
      .publish(topology.exchange(), topology.queue(), ClickEvents().json_at(0));
  const bool stored = wait_until([&] { return topology.rows() == 1; }, seconds(30));
  INFO(service.log());
  REQUIRE(stored);
  clickhouse().query("SYSTEM FLUSH LOGS");
  CHECK(clickhouse().query("SELECT DISTINCT http_user_agent FROM system.query_log WHERE query LIKE "
                           "'INSERT INTO `" +
                           topology.database() + "`%'") == "event-consumer/" EVENT_CONSUMER_VERSION
                                                           "\n");
}

TEST_CASE("insert request: check and start say that ClickHouse 18.16 knows no durable table") {
  TestTopology topology("not_durable");
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_DURABLE"] = "on";
  const std::string words = "this version of ClickHouse cannot have it durable (--durable)";
  const Finished check = run_program(environment, {"check"});
  CHECK(describe_status(check.status) == "exit status 0");
  CHECK(contains(check.output, words));
  Service service(environment);
  CHECK(service.wait_consuming(2));
  INFO(check.output << service.log());
  CHECK(service.count_in_log(words) >= 1);
  CHECK(service.count_in_log("stored means in the page cache of one server") == 2);
}

TEST_CASE("slip: an unknown setting") {
  CHECK(not_refused_with("unknown_setting", "insert_qourum=2",
                         "does not know this setting: did you mean insert_quorum?") == "");
}

TEST_CASE("slip: a table's setting for inserts") {
  CHECK(not_refused_with("table_setting", "parts_to_throw_insert=1",
                         "it is a setting of tables, and none of inserts: ALTER TABLE") == "");
}

TEST_CASE("slip: a value that no setting takes") {
  CHECK(not_refused_with("bad_setting", "insert_quorum=many", " as 0: correct it") == "");
}

}  // namespace event_consumer::testing
