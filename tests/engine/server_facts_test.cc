// What versions of ClickHouse know: the table in the source, asked of a server of each age.
#include "worker/clickhouse/server_facts.h"

#include <string>
#include <vector>

#include "tests/engine/engine_facts.h"
#include "tests/support/test_topology.h"
#include "tests/support/versions.h"

namespace event_consumer::testing {
namespace {

// A line for each thing that the server knows, or does not know, against the table.
std::vector<std::string> against_table(const ServerFacts& facts) {
  std::vector<std::string> found;
  for (const Knowledge& each : kKnowledge)
    if (facts.*each.fact != is_at_least(facts.version, each.known_from))
      found.push_back(std::string(each.name) + " is said to be known from " + each.known_from +
                      " on, and " + (facts.*each.fact ? "is" : "is not") + " by " + facts.version);
  return found;
}

}  // namespace

TEST_CASE("ClickHouse of any age: knows what the table of the source says of its version") {
  CHECK(against_table(engine_facts()) == std::vector<std::string>());
  CHECK_FALSE(engine_facts().loses_deduplication_token);
}

TEST_CASE("ClickHouse 18.16: knows what the table of the source says of it") {
  ClickHouseHttp http(
      {"127.0.0.1", clickhouse().http_port(), "default", "", std::chrono::seconds(20)});
  const auto facts = read_server_facts(http);
  REQUIRE(facts.ok());
  CHECK(against_table(facts.value()) == std::vector<std::string>());
}

}  // namespace event_consumer::testing
