// `event-consumer check` on real servers: what it says of a healthy installation, of an empty one,
// and of each thing that a newcomer gets wrong.
#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/files.h"
#include "tests/support/free_port.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {
namespace {

constexpr char kSecret[] = "wrong-secret-4711";
constexpr char kStranger[] = "stranger";
constexpr char kStrangerPassword[] = "stranger-secret-5";

void create_table(const TestTopology& topology, const std::string& further_columns = "") {
  clickhouse().query("CREATE DATABASE " + topology.database());
  clickhouse().query("CREATE TABLE " + topology.table() +
                     " (short_code String, timestamp DateTime, user_agent String, ip_address "
                     "String, referrer String, original_url String" +
                     further_columns + ") ENGINE = MergeTree() ORDER BY (short_code, timestamp)");
}

bool database_exists(const TestTopology& topology) {
  return clickhouse().query("SELECT count() FROM system.databases WHERE name = '" +
                            topology.database() + "'") != "0\n";
}

struct Case {
  const char* name;
  Environment overrides;
  std::string exit_status;  // empty: any but 0
  // Both stand in the line marked with ✗ or !.
  std::string cause;
  std::string remedy;
};

std::string broker_url(int port, const std::string& user, const std::string& password,
                       const std::string& rest = "") {
  return "amqp://" + user + ":" + password + "@127.0.0.1:" + std::to_string(port) + "/" + rest;
}

std::vector<Case> cases() {
  const int closed = free_port();
  const int broker = rabbitmq().port();
  const int http = clickhouse().http_port();
  return {
      {"ClickHouse's port is wrong",
       {{"CLICKHOUSE_PORT", std::to_string(closed)}, {"CLICKHOUSE_PASSWORD", kSecret}},
       "exit status 69",
       "cannot connect",
       "correct CLICKHOUSE_HOST and CLICKHOUSE_PORT"},
      {"RabbitMQ's port is wrong",
       {{"RABBITMQ_URL", broker_url(closed, "guest", kSecret)}},
       "exit status 69",
       "connection refused",
       "correct host and port in RABBITMQ_URL"},
      {"HTTP to the native port",
       {{"CLICKHOUSE_PORT", std::to_string(clickhouse().tcp_port())}},
       "",  // the server's explanation may be lost in the reset that follows it
       "✗ ",
       "8123 unless configured otherwise"},
      {"HTTPS to the port of plain HTTP",
       {{"CLICKHOUSE_TLS", "on"}},
       "",  // nothing but a reset may come, which a server of HTTPS that dies would send too
       "no connection with TLS",
       "correct CLICKHOUSE_TLS, CLICKHOUSE_PORT"},
      {"HTTP to a port of something else",
       {{"CLICKHOUSE_PORT", std::to_string(broker)}},
       "exit status 69",
       "the connection",  // was closed, or broke in the request
       "CLICKHOUSE_PORT must be ClickHouse's HTTP port"},
      {"AMQP to an HTTP port",
       {{"RABBITMQ_URL", broker_url(http, "guest", "guest")}},
       "exit status 69",
       "RabbitMQ 127.0.0.1:",
       "is the port in RABBITMQ_URL that of AMQP"},
      {"the virtual host is missing",
       {{"RABBITMQ_URL", broker_url(broker, "guest", "guest", "nowhere")}},
       "exit status 78",
       "vhost nowhere not found",
       "correct the virtual host"},
      {"the queue's name is mistyped",
       {{"RABBITMQ_QUEUE", "clik_events"}},
       "exit status 0",
       "queue clik_events does not exist",
       "is RABBITMQ_QUEUE what the publisher's queue is called?"},
      {"the queue's name ends with a blank",
       {{"RABBITMQ_QUEUE", "clik_events "}},
       "exit status 0",
       "queue 'clik_events ' does not exist",
       "with routing key 'clik_events '"},
      {"the queue's name is RabbitMQ's",
       {{"RABBITMQ_QUEUE", "amq.events"}},
       "exit status 78",
       "queue amq.events does not exist, and cannot be created",
       "correct RABBITMQ_QUEUE"},
      {"TLS to the port of plain AMQP",
       {{"RABBITMQ_URL", "amqps://guest:guest@127.0.0.1:" + std::to_string(broker) + "/"}},
       "exit status 78",
       "it does not speak TLS on this port",
       "→ correct RABBITMQ_URL (amqps:// with the port of TLS"},
      {"the user has no right to the queue",
       {{"RABBITMQ_URL", broker_url(broker, kStranger, kStrangerPassword)}},
       "exit status 78",
       "ACCESS_REFUSED",
       "rabbitmqctl set_permissions -p / stranger"},
      {"the user may only read the table",
       {{"CLICKHOUSE_USER", kClickhouseReader}},
       "exit status 78",
       "cannot insert",
       "give ClickHouse's user reader the right to insert"},
      {"ClickHouse's password is wrong",
       {{"CLICKHOUSE_USER", kClickhouseUser}, {"CLICKHOUSE_PASSWORD", kSecret}},
       "exit status 78",
       "Code: 193",
       "correct CLICKHOUSE_USER (now writer) and CLICKHOUSE_PASSWORD (now set)"},
      {"RabbitMQ's password is wrong",
       {{"RABBITMQ_URL", broker_url(broker, "guest", kSecret)}},
       "exit status 78",
       "ACCESS_REFUSED",
       "correct user and password in RABBITMQ_URL"},
      {"a required column is missing",
       {{"EVENT_CONSUMER_REQUIRED", "short_code,shrot_code"}},
       "exit status 78",
       "required column shrot_code",
       "correct EVENT_CONSUMER_REQUIRED"},
      {"the database is not there and may not be created",
       {{"CLICKHOUSE_DATABASE", "nowhere"}, {"EVENT_CONSUMER_CREATE_TABLE", "off"}},
       "exit status 78",
       "table `nowhere`.`click_events` does not exist",
       "correct CLICKHOUSE_DATABASE"},
      {"the table's name is mistyped",
       {{"CLICKHOUSE_TABLE", "clik_events"}},
       "exit status 78",
       "does not exist",
       "correct CLICKHOUSE_DATABASE and CLICKHOUSE_TABLE"},
  };
}

// The first line that begins with one of the marks of something to do.
std::string first_complaint(const std::string& output) {
  std::size_t first = std::string::npos;
  for (const char* mark : {"✗ ", "! queue"}) first = std::min(first, output.find(mark));
  if (first == std::string::npos) return "";
  return output.substr(first, output.find('\n', first) - first);
}

}  // namespace

TEST_CASE("check: a healthy installation passes, and nothing of it is touched") {
  TestTopology topology("check_healthy");
  topology.declare_topology();
  create_table(topology, ", note Nullable(String), day Date MATERIALIZED toDate(timestamp)");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.dead_letter_queue());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, 2, [](std::uint64_t) { return "rubbish"; });

  for (int run = 0; run < 2; ++run) {
    const Finished finished = run_program(topology.environment(), {"check"});
    const std::string& output = finished.output;
    INFO(output << finished.error_output);
    CHECK(describe_status(finished.status) == "exit status 0");
    CHECK(finished.error_output == "");
    CHECK_FALSE(contains(output, "✗"));
    CHECK(contains(output, "✓ ClickHouse 127.0.0.1:"));
    CHECK(contains(output, "✓ table `check_healthy`.`click_events`: exists, engine MergeTree"));
    CHECK(contains(output, "✓ column short_code String: from key short_code, required\n"));
    CHECK(contains(output, "✓ column referrer String: from key referrer, if absent: empty\n"));
    CHECK(contains(output, "✓ column note Nullable(String): from key note, if absent: NULL\n"));
    CHECK(
        contains(output, "✓ column day Date: left to ClickHouse (MATERIALIZED toDate(timestamp))"));
    CHECK(contains(output, "✓ user default may insert"));
    // 18.16 knows no tokens.
    CHECK(contains(output, "! a repeated insert would not be noticed"));
    CHECK(contains(output, "✓ RabbitMQ 127.0.0.1:"));
    CHECK(contains(output, "may be consumed; 2 messages wait, 0 consumers"));
    CHECK(
        contains(output, "✓ dead-letter queue check_healthy_events.dead: exists; 0 messages wait"));
    CHECK(contains(output, "All is well, "));
  }
  CHECK(topology.rows() == 0);
  CHECK(client.message_count(topology.queue()) == 2);
  const auto message = client.get(topology.queue());
  REQUIRE(message);
  CHECK_FALSE(message->redelivered);
}

TEST_CASE("check: looking at a quorum queue takes nothing from it") {
  TestTopology topology("check_quorum");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), {{"x-queue-type", "quorum"}});
  client.enable_confirms();
  client.publish("", topology.queue(), "rubbish");
  REQUIRE(client.wait_for_confirms(std::chrono::seconds(10)));
  const Finished finished = run_program(topology.environment(), {"check"});
  INFO(finished.output);
  CHECK(describe_status(finished.status) == "exit status 0");
  CHECK(contains(finished.output, "queue check_quorum_events: exists, may be consumed; 1 message"));
  const auto message = client.get(topology.queue());
  REQUIRE(message);
  CHECK_FALSE(message->redelivered);
}

TEST_CASE("check: where nothing exists yet it says what would be created, and creates nothing") {
  TestTopology topology("check_empty");
  const Finished finished = run_program(topology.environment(), {"check"});
  INFO(finished.output);
  CHECK(describe_status(finished.status) == "exit status 0");
  CHECK(contains(finished.output, "it would be created, as the one for click events"));
  CHECK(contains(finished.output, "queue check_empty_events does not exist: it would be created"));
  CHECK(contains(finished.output, "dead-letter queue check_empty_events.dead: does not exist"));
  CHECK_FALSE(database_exists(topology));
  AmqpClient client(rabbitmq().url());
  CHECK_FALSE(client.queue_exists(topology.queue()));
  CHECK_FALSE(client.queue_exists(topology.dead_letter_queue()));
}

TEST_CASE("check: one line names the cause of a misconfiguration and what to do") {
  rabbitmq().ctl({"add_user", kStranger, kStrangerPassword});
  rabbitmq().ctl({"set_permissions", "-p", "/", kStranger, "^$", "^$", "^$"});
  for (const Case& wrong : cases()) {
    TestTopology topology("check_wrong");
    topology.declare_topology();
    create_table(topology);
    Environment environment = topology.environment();
    for (const auto& [name, text] : wrong.overrides) environment[name] = text;
    const Finished finished = run_program(environment, {"check"});
    INFO(wrong.name << ":\n" << finished.output << finished.error_output);
    CHECK((wrong.exit_status.empty() ? finished.status != 0
                                     : describe_status(finished.status) == wrong.exit_status));
    const std::string complaint = first_complaint(finished.output);
    CHECK(contains(complaint, wrong.cause));
    CHECK(contains(complaint, wrong.remedy));
    // The other end is looked at all the same.
    CHECK(contains(finished.output, "127.0.0.1:"));
    CHECK_FALSE(contains(finished.output, kSecret));
    CHECK_FALSE(contains(finished.output, kStrangerPassword));
  }
  rabbitmq().ctl({"delete_user", kStranger});
}

TEST_CASE("check: a host name that means nothing is told from a closed port") {
  TestTopology topology("check_host");
  Environment environment = topology.environment();
  environment["CLICKHOUSE_HOST"] = "clickhouse.invalid";
  environment["RABBITMQ_URL"] = "amqp://guest:guest@rabbit.invalid/";
  const Finished finished = run_program(environment, {"check"});
  INFO(finished.output);
  CHECK(finished.status != 0);  // 69 where the DNS itself is out of reach
  CHECK(contains(finished.output, "✗ host name clickhouse.invalid cannot be resolved"));
  CHECK(contains(finished.output, "✗ host name rabbit.invalid cannot be resolved"));
  CHECK(contains(finished.output, "→ correct CLICKHOUSE_HOST"));
  CHECK(contains(finished.output, "→ correct RABBITMQ_URL"));
}

TEST_CASE("check: columns whose names differ in case alone are named") {
  TestTopology topology("check_case");
  create_table(topology, ", Short_Code String");
  const Finished finished = run_program(topology.environment(), {"check"});
  INFO(finished.output);
  CHECK(contains(finished.output, "! columns short_code and Short_Code differ in case alone"));
}

TEST_CASE("check: a column that cannot be written is named, and is an error where it is required") {
  TestTopology topology("check_column");
  create_table(topology, ", place AggregateFunction(sum, UInt64)");
  Environment environment = topology.environment();
  const Finished finished = run_program(environment, {"check"});
  INFO(finished.output);
  CHECK(describe_status(finished.status) == "exit status 0");
  CHECK(contains(finished.output, "! column place of `check_column`.`click_events`: "));
  CHECK(contains(finished.output, "it is left to its DEFAULT, or empty"));
  CHECK(contains(finished.output, "✓ column original_url String: from key original_url, required"));
  environment["EVENT_CONSUMER_REQUIRED"] = "short_code,place";
  const Finished required = run_program(environment, {"check"});
  INFO(required.output);
  CHECK(describe_status(required.status) == "exit status 78");
  CHECK(contains(required.output, "✗ required column place is none that the table takes"));
}

TEST_CASE("check: a sample shows what messages would become, without RabbitMQ and a row stored") {
  TestTopology topology("check_sample");
  create_table(topology, ", note Nullable(String)");
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = broker_url(free_port(), "guest", "guest");
  const PrivateDirectory directory("check_sample");
  const std::string file = directory.path() + "/sample";
  write_file(file, ClickEvents().json_at(1) + "\n");
  const Finished good = run_program(environment, {"check", "--sample", file});
  INFO(good.output << good.error_output);
  CHECK(describe_status(good.status) == "exit status 0");
  CHECK(contains(good.output, "✓ message 1: would be a row\n  short_code String: \""));
  CHECK(contains(good.output, "\n  note Nullable(String): NULL, since key note is absent\n"));
  CHECK_FALSE(contains(good.output, "RabbitMQ"));
  write_file(file, "{\"short_code\": 1}\nrubbish\n");
  const Finished bad = run_program(environment, {"check", "--sample", file});
  INFO(bad.output << bad.error_output);
  CHECK(describe_status(bad.status) == "exit status 65");
  CHECK(contains(bad.output, "✗ message 1: rejected as missing_field: timestamp: "));
  CHECK(contains(bad.output, "✗ message 2: rejected as not_json: "));
  CHECK(topology.rows() == 0);
  const Finished absent = run_program(environment, {"check", "--sample", file + ".not"});
  CHECK(describe_status(absent.status) == "exit status 64");
  CHECK(contains(absent.error_output,
                 "cannot read the sample " + file + ".not: No such file or directory"));
}

}  // namespace event_consumer::testing
