#include "worker/clickhouse/deduplication.h"

#include <charconv>
#include <string_view>

namespace event_consumer {
namespace {

long deduplication_window(const std::string& engine_full) {
  constexpr std::string_view kSetting = "non_replicated_deduplication_window = ";
  const auto at = engine_full.find(kSetting);
  long window = 0;
  if (at != std::string::npos)
    std::from_chars(engine_full.data() + at + kSetting.size(),
                    engine_full.data() + engine_full.size(), window);
  return window;
}

}  // namespace

TableDeduplication judge_deduplication(const ServerFacts& facts, const std::string& engine,
                                       const std::string& engine_full) {
  const std::string twice =
      "a repeated insert would not be noticed: after a crash or a lost answer, the rows of the "
      "batches under way can be stored twice; ";
  if (!facts.knows_deduplication_token)
    return {false, twice + "this version of ClickHouse knows no deduplication tokens"};
  if (facts.loses_deduplication_token)
    return {false, twice +
                       "the setting insert_deduplication_token does not reach ClickHouse: have the "
                       "proxy before it pass on the parameters of the URL"};
  const bool is_merge_tree =
      engine.size() >= 9 && engine.compare(engine.size() - 9, 9, "MergeTree") == 0;
  if (!is_merge_tree) return {false, twice + "the engine " + engine + " does not deduplicate"};
  const bool is_replicated = engine.rfind("Replicated", 0) == 0 || engine.rfind("Shared", 0) == 0;
  if (!is_replicated && deduplication_window(engine_full) <= 0)
    return {false, twice +
                       "ALTER TABLE … MODIFY SETTING non_replicated_deduplication_window = 10000 "
                       "changes that"};
  return {true, "a repeated insert would be noticed, and its rows stored once"};
}

}  // namespace event_consumer
