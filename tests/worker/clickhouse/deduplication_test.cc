#include "worker/clickhouse/deduplication.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

ServerFacts facts(bool token) {
  ServerFacts facts;
  facts.knows_deduplication_token = token;
  return facts;
}

TableTarget target(const std::string& engine, const std::string& engine_full = "") {
  TableTarget target;
  target.table = {{"d", "t"}, engine, engine_full, "", "", {}};
  return target;
}

bool deduplicates(const char* engine, const char* engine_full) {
  return judge_deduplication(facts(true), target(engine, engine_full)).deduplicates;
}

constexpr char kWindow[] = "MergeTree SETTINGS non_replicated_deduplication_window = 100";

// Behind a view `d`.`v`.
ViewTable behind(const std::string& engine, const std::string& engine_full) {
  return {{"d", "v"}, TableRow{{"d", "behind"}, engine, engine_full, "", "", {}}};
}

TEST_CASE("repeats are noticed with tokens and a memory for them", "[deduplication]") {
  CHECK(deduplicates(
      "MergeTree",
      "MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10000, x = 1"));
  CHECK(deduplicates("ReplicatedMergeTree", "ReplicatedMergeTree ORDER BY a"));
  CHECK(deduplicates("ReplicatedReplacingMergeTree", ""));
  CHECK(deduplicates("SharedMergeTree", ""));
  CHECK_FALSE(deduplicates("MergeTree", "MergeTree ORDER BY a"));
  CHECK_FALSE(
      deduplicates("MergeTree", "MergeTree SETTINGS non_replicated_deduplication_window = 0"));
  CHECK_FALSE(deduplicates("Distributed", ""));
}

TEST_CASE("repeats are noticed as the server's configuration says where the table does not",
          "[deduplication]") {
  ServerFacts configured = facts(true);
  configured.has_deduplication_window = configured.lacks_replicated_window = true;
  const auto noticed = [&](const char* engine, const char* engine_full) {
    return judge_deduplication(configured, target(engine, engine_full)).deduplicates;
  };
  CHECK(noticed("MergeTree", "MergeTree ORDER BY a"));
  CHECK_FALSE(noticed("MergeTree", "MergeTree SETTINGS non_replicated_deduplication_window = 0"));
  CHECK_FALSE(noticed("Memory", "Memory"));
  CHECK_FALSE(noticed("ReplicatedMergeTree", "ReplicatedMergeTree ORDER BY a"));
  CHECK(noticed("ReplicatedMergeTree",
                "ReplicatedMergeTree SETTINGS replicated_deduplication_window = 100"));
}

TEST_CASE("why repeats are not noticed is said", "[deduplication]") {
  const auto words = [](bool token, const char* engine) {
    return judge_deduplication(facts(token), target(engine)).explanation;
  };
  CHECK(words(false, "ReplicatedMergeTree").find("knows no deduplication tokens") !=
        std::string::npos);
  ServerFacts losing = facts(true);
  losing.loses_deduplication_token = true;
  const TableDeduplication lost = judge_deduplication(losing, target("ReplicatedMergeTree"));
  CHECK_FALSE(lost.deduplicates);
  CHECK(lost.explanation.find("does not reach ClickHouse: have the proxy") != std::string::npos);
  CHECK(words(true, "MergeTree").find("ALTER TABLE") != std::string::npos);
  CHECK(words(true, "Memory").find("engine Memory") != std::string::npos);
}

TEST_CASE("repeats are noticed only where the tables behind all views notice them",
          "[deduplication]") {
  ServerFacts known = facts(true);
  known.knows_view_deduplication = true;
  TableTarget seen = target("MergeTree", kWindow);
  seen.views = {behind("SummingMergeTree", kWindow), behind("ReplicatedMergeTree", "")};
  CHECK(judge_deduplication(known, seen).deduplicates);
  CHECK(judge_deduplication(known, seen).doubling.empty());

  // A server that cannot be told to look behind views.
  CHECK(judge_deduplication(facts(true), seen).doubling.size() == 2);
  CHECK_FALSE(judge_deduplication(facts(true), seen).deduplicates);

  seen.views.push_back(behind("MergeTree", "MergeTree ORDER BY a"));
  seen.views.push_back({{"d", "secret"}, std::nullopt});
  const TableDeduplication judged = judge_deduplication(known, seen);
  CHECK_FALSE(judged.deduplicates);
  CHECK(judged.doubling ==
        std::vector<std::string>{
            "`d`.`behind` (behind the view `d`.`v`)",
            "a table that this user may not see (behind the view `d`.`secret`)"});
  CHECK(judged.explanation.find("noticed in the table itself, but after a crash or a lost answer "
                                "the rows of the batches under way can come twice into `d`.`behind`"
                                " (behind the view `d`.`v`), a table") != std::string::npos);
}

TEST_CASE("a replicated table without a window notices no repeats", "[deduplication]") {
  const std::string start = "ReplicatedMergeTree ORDER BY a SETTINGS ";
  const std::string none = start + "replicated_deduplication_window = 0, index_granularity = 8192";
  const auto judged = judge_deduplication(facts(true), target("ReplicatedMergeTree", none));
  CHECK_FALSE(judged.deduplicates);
  CHECK(judged.explanation.find("MODIFY SETTING replicated_deduplication_window = 10000") !=
        std::string::npos);
  CHECK(judge_deduplication(facts(true), target("ReplicatedMergeTree",
                                                start + "replicated_deduplication_window = 100"))
            .deduplicates);
}

// It keeps none itself.
TEST_CASE("repeats into a Null table are those behind its views", "[deduplication]") {
  ServerFacts known = facts(true);
  known.knows_view_deduplication = true;
  TableTarget seen = target("Null", "Null");
  seen.views = {behind("MergeTree", kWindow)};
  CHECK(judge_deduplication(known, seen).deduplicates);
  seen.views = {behind("MergeTree", "MergeTree")};
  CHECK_FALSE(judge_deduplication(known, seen).deduplicates);
}

// Its own row says nothing of where the rows go.
TEST_CASE("repeats into a materialized view are those in its table", "[deduplication]") {
  TableTarget seen = target("MaterializedView");
  seen.inner = behind("MergeTree", kWindow).table;
  CHECK(judge_deduplication(facts(true), seen).deduplicates);
}

}  // namespace
}  // namespace event_consumer
