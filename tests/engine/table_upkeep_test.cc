// What people do to a table while it is filled, where ClickHouse can do more than 18.16: tables are
// exchanged in one step, rows go when their time is over.
#include <cstdint>
#include <optional>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kRound = 1'000;
constexpr std::uint64_t kRounds = 4;

// A service that fills a table of its own making, and events for it, round by round.
class Filling {
 public:
  explicit Filling(const std::string& name) : topology(name, engine()) {
    topology.declare_topology();
    Environment environment = topology.environment();
    environment["EVENT_CONSUMER_BATCH_DELAY"] = "0.05";
    service.emplace(environment);
    REQUIRE(service->wait_consuming(2));
    client.enable_confirms();
  }

  void publish_round() {
    publish_confirmed(client, topology, published_, published_ + kRound,
                      [](std::uint64_t id) { return ClickEvents(61).json_at(id); });
    published_ += kRound;
  }
  // Whether `tables` have each event once.
  bool all_arrive(const std::string& tables) {
    const std::string number = std::to_string(published_);
    return wait_until(
        [&] {
          return engine().query(std::string("SELECT count(), uniqExact(") + kEventIdSql +
                                ") FROM " + tables) == number + "\t" + number + "\n";
        },
        seconds(40));
  }

  TestTopology topology;
  AmqpClient client{rabbitmq().url()};
  std::optional<Service> service;

 private:
  std::uint64_t published_ = 0;
};

}  // namespace

TEST_CASE("ClickHouse 26: tables are exchanged while events flow: each is stored once") {
  Filling filling("exchanged");
  const std::string table = filling.topology.table();
  const std::string other = table + "_other";
  engine().query("CREATE TABLE " + other + " AS " + table);
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    filling.publish_round();
    engine().query("EXCHANGE TABLES " + table + " AND " + other);
  }
  CHECK(filling.all_arrive("(SELECT * FROM " + table + " UNION ALL SELECT * FROM " + other + ")"));
  INFO(filling.service->log());
  CHECK(filling.service->stop() == 0);
}

TEST_CASE("ClickHouse 26: a TTL, mutations and merges while events flow: each is stored once") {
  Filling filling("upkeep");
  const std::string table = filling.topology.table();
  engine().query("ALTER TABLE " + table + " MODIFY TTL timestamp + INTERVAL 50 YEAR");
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    filling.publish_round();
    engine().query("ALTER TABLE " + table + " UPDATE referrer = 'seen' WHERE referrer != ''");
    engine().query("ALTER TABLE " + table + " DELETE WHERE short_code = 'nobody'");
    engine().query("OPTIMIZE TABLE " + table + " FINAL");
  }
  CHECK(filling.all_arrive(table));
  INFO(filling.service->log());
  CHECK(filling.service->stop() == 0);
}

}  // namespace event_consumer::testing
