// Every example of event-consumer-events(7), in ClickHouse 26.
#include "tests/support/events_manual.h"

#include <algorithm>
#include <stdexcept>

#include "common/text.h"
#include "tests/engine/engine_facts.h"
#include "tests/support/best_effort_dates.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/typed_columns.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

constexpr char kRejected[] = "rejected";

std::string column(std::size_t number) { return "c" + std::to_string(number); }

// Those of the page that the engine has the types for.
std::vector<ManualExample> read_examples() {
  auto examples = read_events_manual().examples;
  const auto is_unknown = [](const ManualExample& each) {
    return !has_types_of(engine_facts().version, each.type);
  };
  examples.erase(std::remove_if(examples.begin(), examples.end(), is_unknown), examples.end());
  return examples;
}

// A column for each example; `n` says whose the row is.
void create_table(const TestTopology& topology, const std::vector<ManualExample>& examples) {
  engine().query("CREATE DATABASE " + topology.database());
  std::string sql = "CREATE TABLE " + topology.table() + " (n UInt32";
  for (std::size_t i = 0; i < examples.size(); ++i)
    sql += ", " + column(i) + " " + examples[i].type;
  // 23.10 takes an array of named tuples for a Nested otherwise.
  engine().query("SET flatten_nested = 0");
  engine().query(sql + ") ENGINE = MergeTree ORDER BY n");
  engine().query("SET flatten_nested = 1");
}

std::string message(const std::vector<ManualExample>& examples, std::size_t i) {
  return "{\"n\": " + std::to_string(i) + ", \"" + column(i) + "\": " + examples[i].value + "}";
}

// What is stored of an example, or «rejected»; «unreadable» where ClickHouse refuses to show what
// it has stored.
std::string stored(const TestTopology& topology, std::size_t i) {
  try {
    const std::string row = engine().query("SELECT " + column(i) + " FROM " + topology.table() +
                                           " WHERE n = " + std::to_string(i));
    return row.empty() ? kRejected : row.substr(0, row.size() - 1);
  } catch (const std::runtime_error&) {
    return "unreadable";
  }
}

std::string line(const ManualExample& example, const std::string& stored) {
  return example.type + "  " + example.value + "  " + stored;
}

}  // namespace

TEST_CASE("ClickHouse 26: the message of events(7) becomes the row beside it") {
  const EventsManual manual = read_events_manual();
  CHECK(drain(manual.example, engine()) == std::vector<std::string>());
  if (has_compared_json())
    CHECK(insert_as_json(manual.example, engine()) == std::vector<std::string>());
}

TEST_CASE("ClickHouse 26: the examples of events(7) are stored as it says") {
  const auto examples = read_examples();
  CHECK(examples.size() >= 100);
  TestTopology topology("manual", engine());
  topology.declare_topology();
  create_table(topology, examples);
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, examples.size(),
                    [&](std::uint64_t i) { return message(examples, i); });
  Service service(without_required(topology));
  const auto rejected = std::count_if(examples.begin(), examples.end(),
                                      [](const auto& each) { return each.here == kRejected; });
  wait_until([&] { return topology.rows() + rejected >= examples.size(); },
             std::chrono::seconds(20));
  CHECK(service.stop() == 0);
  INFO(service.log());
  for (std::size_t i = 0; i < examples.size(); ++i)
    CHECK(line(examples[i], stored(topology, i)) == line(examples[i], examples[i].here));
}

TEST_CASE("ClickHouse 26: events(7) says what JSONEachRow stores instead") {
  if (!has_compared_json()) return;
  const auto examples = read_examples();
  TestTopology topology("manual_json", engine());
  create_table(topology, examples);
  const BestEffortDates best_effort(engine());
  int differences = 0;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (examples[i].by_json.empty()) continue;
    ++differences;
    try {
      engine().insert("INSERT INTO " + topology.table() + " FORMAT JSONEachRow",
                      message(examples, i));
    } catch (const std::runtime_error&) {
      // No row is «rejected».
    }
    CHECK(line(examples[i], stored(topology, i)) == line(examples[i], examples[i].by_json));
  }
  CHECK(differences >= 40);
}

TEST_CASE("ClickHouse 26: where a message of the corpus differs, events(7) says why") {
  const auto differences = read_events_manual().differences;
  for (const CorpusPart& part : read_corpus(CorpusFor::k26))
    for (const auto& [message, difference] : part.differs) {
      INFO(part.kind << ", message " << message + 1 << ": " << difference);
      CHECK(contains(differences, difference));
    }
}

}  // namespace event_consumer::testing
