// What people do to a table while it is filled: it is put in another one's place, its rows are
// changed and merged. Nothing is lost, nothing is doubled.
#include "tests/support/catch.h"
#include "tests/support/running_service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

std::string count(const std::string& tables) {
  return clickhouse().query(std::string("SELECT count(), uniqExact(") + kEventIdSql + ") FROM " +
                            tables);
}

std::string twice(std::uint64_t number) {
  return std::to_string(number) + "\t" + std::to_string(number) + "\n";
}

}  // namespace

// 18.16 renames one after the other: between the two there is no table.
TEST_CASE("table upkeep: another one is put in its place while events flow") {
  RunningService running("swapped", {{"EVENT_CONSUMER_BATCH_DELAY", "0.05"}});
  const std::string table = running.topology().table();
  const std::string next = table + "_next";
  const std::string old = table + "_old";
  clickhouse().query("CREATE TABLE " + next + " AS " + table);
  for (int swap = 0; swap < 3; ++swap) {
    running.publish(2'000);
    clickhouse().query("RENAME TABLE " + table + " TO " + old + ", " + next + " TO " + table +
                       ", " + old + " TO " + next);
  }
  running.publish(2'000);
  const std::string both = "(SELECT * FROM " + table + " UNION ALL SELECT * FROM " + next + ")";
  CHECK(wait_until([&] { return count(both) == twice(running.published()); }, seconds(30)));
  INFO(running.service().log());
  CHECK(running.dead_letters() == 0);
  CHECK(running.service().stop() == 0);
}

TEST_CASE("table upkeep: mutations and merges go on while events flow") {
  RunningService running("mutated", {{"EVENT_CONSUMER_BATCH_DELAY", "0.05"}});
  const std::string table = running.topology().table();
  for (int round = 0; round < 5; ++round) {
    running.publish(1'000);
    clickhouse().query("ALTER TABLE " + table + " UPDATE referrer = 'seen' WHERE referrer != ''");
    clickhouse().query("ALTER TABLE " + table + " DELETE WHERE short_code = 'nobody'");
    clickhouse().query("OPTIMIZE TABLE " + table + " FINAL");
  }
  CHECK(wait_until([&] { return count(table) == twice(running.published()); }, seconds(30)));
  INFO(running.service().log());
  CHECK(running.dead_letters() == 0);
  CHECK(running.service().stop() == 0);
}

}  // namespace event_consumer::testing
