#include "worker/clickhouse/deduplication.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

ServerFacts facts(bool token) {
  ServerFacts facts;
  facts.knows_deduplication_token = token;
  return facts;
}

bool deduplicates(const char* engine, const char* engine_full) {
  return judge_deduplication(facts(true), engine, engine_full).deduplicates;
}

TEST_CASE("repeats are noticed with tokens and a memory for them", "[deduplication]") {
  CHECK(deduplicates(
      "MergeTree",
      "MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10000, x = 1"));
  CHECK(deduplicates("ReplicatedMergeTree", "ReplicatedMergeTree ORDER BY a"));
  CHECK(deduplicates("ReplicatedReplacingMergeTree", ""));
  CHECK(deduplicates("SharedMergeTree", ""));
  CHECK_FALSE(deduplicates("MergeTree", "MergeTree ORDER BY a"));
  CHECK_FALSE(deduplicates("MergeTree", "SETTINGS non_replicated_deduplication_window = 0"));
  CHECK_FALSE(deduplicates("Null", "Null"));
  CHECK_FALSE(deduplicates("Distributed", ""));
}

TEST_CASE("why repeats are not noticed is said", "[deduplication]") {
  const auto words = [](bool token, const char* engine) {
    return judge_deduplication(facts(token), engine, "").explanation;
  };
  CHECK(words(false, "ReplicatedMergeTree").find("knows no deduplication tokens") !=
        std::string::npos);
  ServerFacts losing = facts(true);
  losing.loses_deduplication_token = true;
  const TableDeduplication lost = judge_deduplication(losing, "ReplicatedMergeTree", "");
  CHECK_FALSE(lost.deduplicates);
  CHECK(lost.explanation.find("does not reach ClickHouse: have the proxy") != std::string::npos);
  CHECK(words(true, "MergeTree").find("ALTER TABLE") != std::string::npos);
  CHECK(words(true, "Memory").find("engine Memory") != std::string::npos);
}

}  // namespace
}  // namespace event_consumer
