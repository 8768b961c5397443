// Messages of several events in ClickHouse 26.
#include <signal.h>

#include <random>
#include <string>
#include <vector>

#include "tests/engine/engine_facts.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kRows = 5;

// Some leave out a column that has a DEFAULT.
std::string message(std::uint64_t id) {
  std::string body = "[";
  for (int row = 0; row < kRows; ++row)
    body += (row == 0 ? "{\"id\":" : ",{\"id\":") + std::to_string(id) +
            ",\"n\":" + std::to_string(row) +
            ((id + static_cast<std::uint64_t>(row)) % 3 == 0 ? ",\"source\":\"x\"}" : "}");
  return body + "]";
}

void create_table(TestTopology& topology) {
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() +
                 " (id UInt64, n UInt8, source String DEFAULT 'none') ENGINE = MergeTree ORDER BY "
                 "(id, n) SETTINGS non_replicated_deduplication_window = 10000");
}

Environment environment_of(const TestTopology& topology) {
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_REQUIRED"] = "id";
  return environment;
}

std::string query(const std::string& statement) {
  const std::string answer = engine().query(statement + " FORMAT TSV");
  return answer.substr(0, answer.find_last_not_of('\n') + 1);
}

}  // namespace

// The engine's settings last, as those of a user's profile do.
TEST_CASE("ClickHouse 26: a message of several events is one block, whatever the profile says") {
  TestTopology topology("one_block", engine());
  create_table(topology);
  std::vector<std::string> limits = {"max_insert_block_size = 2", "min_insert_block_size_rows = 2",
                                     "min_insert_block_size_bytes = 1"};
  if (engine_facts().knows_insert_block_bytes)
    for (const char* limit :
         {"max_insert_block_size_bytes = 20", "use_strict_insert_block_limits = 1"})
      limits.push_back(limit);
  if (engine_facts().knows_format_block_bytes)
    limits.push_back("input_format_max_block_size_bytes = 20");
  for (const std::string& limit : limits) engine().query("SET " + limit);
  AmqpClient(rabbitmq().url()).publish(topology.exchange(), topology.queue(), message(1));
  {
    Service service(environment_of(topology));
    CHECK(wait_until([&] { return topology.rows() == kRows; }, seconds(30)));
    INFO(service.log());
    CHECK(query("SELECT uniqExact(_part) FROM " + topology.table() +
                " WHERE endsWith(_part, '_0')") == "1");
  }
  for (const std::string& limit : limits)
    engine().query("SET " + limit.substr(0, limit.find(' ')) + " = DEFAULT");
}

TEST_CASE("ClickHouse 26: workers killed in a drain leave no message stored in part") {
  constexpr std::uint64_t kMessages = 20'000;
  constexpr int kKills = 20;
  TestTopology topology("kills_in_drain", engine());
  create_table(topology);
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, kMessages, message);
  Environment environment = environment_of(topology);
  environment["EVENT_CONSUMER_WORKERS"] = "2";
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "300";
  Service service(environment);
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int kills = 0; kills < kKills; ++kills) {
    const std::uint64_t rows = topology.rows();
    CHECK(wait_until(
        [&] {
          return topology.rows() > rows + random() % 3'000 || topology.rows() == 5 * kMessages;
        },
        seconds(30)));
    const auto workers = service.workers();
    if (!workers.empty()) kill(workers[random() % workers.size()], SIGKILL);
  }
  CHECK(wait_until(
      [&] {
        return query("SELECT uniqExact(id) FROM " + topology.table()) == std::to_string(kMessages);
      },
      seconds(120)));
  CHECK(wait_until([&] { return rabbitmq().queue_counts(topology.queue()).unacknowledged == 0; },
                   seconds(30)));
  INFO(service.log());
  // Each row of a message is there, and as often as the others.
  CHECK(query("SELECT count() FROM (SELECT id, count() AS rows, uniqExact(n) AS different "
              "FROM " +
              topology.table() + " GROUP BY id HAVING different != 5 OR rows % 5 != 0)") == "0");
  CHECK(query("SELECT count() FROM (SELECT id, min(times) != max(times) AS differ FROM (SELECT id, "
              "n, count() AS times FROM " +
              topology.table() + " GROUP BY id, n) GROUP BY id HAVING differ)") == "0");
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
