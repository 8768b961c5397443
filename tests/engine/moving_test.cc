// What event-consumer-events(7) says about moving here from other tools, statement by statement.
// The engine has no ENGINE = RabbitMQ: an ordinary table stands in its place, into which ClickHouse
// itself reads the messages, as that engine does, with JSONEachRow.
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/engine/engine_facts.h"
#include "tests/support/best_effort_dates.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/events_manual.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kMessages = 20;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// The statements of a block, in the database of the test.
std::vector<std::string> statements(const std::string& block, const TestTopology& topology) {
  const std::string database = topology.database() + ".";
  std::vector<std::string> found;
  std::istringstream texts(replaced(replaced(block, "readings_", database + "readings_"),
                                    "TO readings ", "TO " + database + "readings "));
  for (std::string text; std::getline(texts, text, ';');)
    if (text.find_first_not_of("\n ") != std::string::npos) found.push_back(text);
  return found;
}

std::string reading(std::uint64_t i) {
  const std::string number = std::to_string(i);
  return R"({"sensor": )" + number + R"(, "value": "1.)" + number +
         R"(", "at": "2025-12-19T10:20:30+0)" + std::to_string(i % 10) + R"(:00", "else": [1]})";
}

// A member more, at the end of an object.
std::string with(std::string object, const std::string& member) {
  object.insert(object.size() - 1, ", " + member);
  return object;
}

std::string message_id(std::uint64_t i) { return "m" + std::to_string(i); }

void publish_readings(const TestTopology& topology) {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  for (std::uint64_t i = 0; i < kMessages; ++i) {
    MessageProperties properties;
    properties.message_id = message_id(i);
    properties.timestamp = 1'766'139'630 + i;
    client.publish(topology.exchange(), topology.queue(), reading(i), properties);
  }
  REQUIRE(client.wait_for_confirms(seconds(30)));
}

std::string rows_of(const std::string& table) {
  return engine().query("SELECT * FROM " + table + " ORDER BY sensor");
}

// Until all messages are rows of `table`, and the service has ended.
void run(const TestTopology& topology, const std::string& into, const std::string& columns,
         const std::string& table) {
  Environment environment = topology.environment();
  environment["CLICKHOUSE_TABLE"] = into;
  environment["EVENT_CONSUMER_COLUMNS"] = columns;
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service service(environment);
  const std::string count = std::to_string(kMessages) + "\n";
  const bool stored = wait_until(
      [&] { return engine().query("SELECT count() FROM " + table) == count; }, seconds(30));
  INFO(service.log());
  REQUIRE(stored);
  CHECK(service.stop() == 0);
}

}  // namespace

TEST_CASE("ClickHouse 26: a queue moves here from ENGINE = RabbitMQ and its rows stay equal") {
  if (!has_compared_json()) return;
  const auto blocks = read_events_manual().moving;
  REQUIRE(blocks.size() == 5);
  TestTopology topology("moving_engine", engine());
  topology.declare_topology();
  const std::string target = topology.database() + ".readings";
  const std::string source = topology.database() + ".readings_queue";
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + target +
                 " (sensor UInt32, day Date, value Float64, id String) ENGINE = MergeTree ORDER "
                 "BY sensor");

  auto before = statements(blocks[0], topology);
  REQUIRE(before.size() == 2);
  const auto columns_end = before[0].find(")\nENGINE = RabbitMQ");
  REQUIRE(columns_end != std::string::npos);
  engine().query(before[0].substr(0, columns_end) +
                 ", _message_id String) ENGINE = MergeTree ORDER BY at");
  engine().query(before[1]);
  std::string lines;
  for (std::uint64_t i = 0; i < kMessages; ++i)
    lines += with(reading(i), R"("_message_id": ")" + message_id(i) + "\"") + "\n";
  {
    const BestEffortDates best_effort(engine());
    engine().insert("INSERT INTO " + source + " FORMAT JSONEachRow", lines);
  }
  const std::string rows = rows_of(target);
  REQUIRE(rows.find("m19") != std::string::npos);

  engine().query("TRUNCATE TABLE " + target);
  for (const auto block : {1, 2})
    for (const std::string& statement : statements(blocks[block], topology))
      engine().query(statement);
  publish_readings(topology);
  run(topology, "readings_new", "", target);
  CHECK(rows_of(target) == rows);
}

TEST_CASE("ClickHouse 26: a queue moves here from Vector and its rows stay equal") {
  if (!has_compared_json()) return;
  const auto blocks = read_events_manual().moving;
  REQUIRE(blocks.size() == 5);
  constexpr char kOption[] = "--column ";
  REQUIRE(starts_with(blocks[4], kOption));
  const std::string columns = blocks[4].substr(sizeof kOption - 1, blocks[4].find('\n') - 9);
  TestTopology topology("moving_vector", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  for (const char* table : {"orders", "vector"})
    engine().query("CREATE TABLE " + topology.database() + "." + table +
                   " (sensor UInt32, value Float64, at DateTime, routing String, exchange String, "
                   "offset UInt64, message String, source_type String DEFAULT 'amqp', "
                   "timestamp DateTime) ENGINE = MergeTree ORDER BY sensor");
  std::string lines;
  for (std::uint64_t i = 0; i < kMessages; ++i)
    lines += with(reading(i), R"("routing": ")" + topology.queue() + R"(", "exchange": ")" +
                                  topology.exchange() + R"(", "offset": )" + std::to_string(i + 1) +
                                  R"(, "source_type": "amqp")") +
             "\n";
  {
    const BestEffortDates best_effort(engine());
    engine().insert("INSERT INTO " + topology.database() + ".vector FORMAT JSONEachRow", lines);
  }
  publish_readings(topology);
  run(topology, "orders", columns + ",timestamp=@received_at", topology.database() + ".orders");
  const auto but_for_the_time = [&](const std::string& table) {
    return engine().query("SELECT * EXCEPT timestamp FROM " + topology.database() + "." + table +
                          " ORDER BY sensor");
  };
  CHECK(but_for_the_time("orders") == but_for_the_time("vector"));
  CHECK(engine().query("SELECT count() FROM " + topology.database() +
                       ".orders WHERE timestamp BETWEEN now() - 60 AND now()") ==
        std::to_string(kMessages) + "\n");
}

}  // namespace event_consumer::testing
