#include "worker/clickhouse/deduplication.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

ServerFacts facts(bool token) {
  ServerFacts facts;
  facts.knows_deduplication_token = token;
  return facts;
}

bool noticed(const char* engine, const char* engine_full) {
  return judge_deduplication(facts(true), engine, engine_full).noticed;
}

TEST_CASE("repeats are noticed with tokens and a memory for them", "[repeats]") {
  CHECK(
      noticed("MergeTree",
              "MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10000, x = 1"));
  CHECK(noticed("ReplicatedMergeTree", "ReplicatedMergeTree ORDER BY a"));
  CHECK(noticed("ReplicatedReplacingMergeTree", ""));
  CHECK(noticed("SharedMergeTree", ""));
  CHECK_FALSE(noticed("MergeTree", "MergeTree ORDER BY a"));
  CHECK_FALSE(noticed("MergeTree", "SETTINGS non_replicated_deduplication_window = 0"));
  CHECK_FALSE(noticed("Null", "Null"));
  CHECK_FALSE(noticed("Distributed", ""));
}

TEST_CASE("why repeats are not noticed is said", "[repeats]") {
  const auto words = [](bool token, const char* engine) {
    return judge_deduplication(facts(token), engine, "").words;
  };
  CHECK(words(false, "ReplicatedMergeTree").find("knows no deduplication tokens") !=
        std::string::npos);
  CHECK(words(true, "MergeTree").find("ALTER TABLE") != std::string::npos);
  CHECK(words(true, "Memory").find("engine Memory") != std::string::npos);
}

}  // namespace
}  // namespace event_consumer
