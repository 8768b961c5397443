#include "worker/clickhouse/table_engine.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TableRow table(const std::string& engine, const std::string& engine_full = "") {
  return {{"d", "t"}, engine, engine_full, "", "", {}};
}

struct Case {
  TableRow table;
  ServerFacts facts;
  Durability durability;
  std::uint64_t replicas = 0;
};

ServerFacts with_quorum(std::uint64_t quorum) {
  ServerFacts facts;
  facts.insert_quorum = quorum;
  return facts;
}

ServerFacts with_fsync() {
  ServerFacts facts;
  facts.fsyncs_after_insert = true;
  return facts;
}

std::vector<Case> cases() {
  return {
      {table("MergeTree", "MergeTree ORDER BY a SETTINGS index_granularity = 8192"),
       {},
       Durability::kPageCache},
      {table("SummingMergeTree",
             "SummingMergeTree ORDER BY a SETTINGS fsync_after_insert = 1, x = 2"),
       {},
       Durability::kDisk},
      {table("MergeTree", "MergeTree ORDER BY a"), with_fsync(), Durability::kDisk},
      {table("MergeTree", "MergeTree ORDER BY a SETTINGS fsync_after_insert = 0"), with_fsync(),
       Durability::kPageCache},
      // A quorum is of replicas.
      {table("MergeTree", "MergeTree ORDER BY a"), with_quorum(2), Durability::kPageCache},
      {table("ReplicatedMergeTree"), {}, Durability::kReplicas, 1},
      {table("ReplicatedReplacingMergeTree"), with_quorum(3), Durability::kReplicas, 3},
      {table("SharedMergeTree"), {}, Durability::kReplicas, 1},
      {table("Memory", "Memory"), {}, Durability::kMemory},
      {table("Buffer", "Buffer('d', 't', 1, 10)"), with_fsync(), Durability::kMemory},
      {table("Join", "Join(ANY, LEFT, a)"), {}, Durability::kPageCache},
      {table("Set", "Set SETTINGS persistent = 0"), {}, Durability::kMemory},
      {table("Log", "Log"), {}, Durability::kPageCache},
      {table("StripeLog", "StripeLog"), {}, Durability::kPageCache},
      {table("Distributed", "Distributed('c', 'd', 't')"), {}, Durability::kShards},
      {table("URL", "URL('http://x')"), {}, Durability::kElsewhere},
      {table("Kafka", "Kafka"), {}, Durability::kElsewhere},
  };
}

TEST_CASE("where answered rows are, by the engine", "[table_engine]") {
  for (const Case& each : cases()) {
    INFO(each.table.engine << ": " << each.table.engine_full);
    TableTarget target;
    target.table = each.table;
    const StoredIn stored = judge_stored(each.facts, target);
    CHECK(word(stored.durability) == word(each.durability));
    CHECK(stored.replicas == each.replicas);
  }
}

TEST_CASE("where answered rows are: behind a Null table, where they are least", "[table_engine]") {
  TableTarget target;
  target.table = table("Null", "Null");
  const auto stored_behind = [&](const std::vector<TableRow>& tables) {
    target.views.clear();
    for (const TableRow& each : tables) target.views.push_back({{"d", "v"}, each});
    return judge_stored({}, target).durability;
  };
  CHECK(stored_behind({table("ReplicatedMergeTree")}) == Durability::kReplicas);
  CHECK(stored_behind({table("ReplicatedMergeTree"), table("MergeTree"), table("Null")}) ==
        Durability::kPageCache);
  CHECK(stored_behind({table("MergeTree"), table("Memory")}) == Durability::kMemory);
  target.views = {{{"d", "v"}, std::nullopt}};
  CHECK(judge_stored({}, target).durability == Durability::kElsewhere);
}

TEST_CASE("where answered rows are: of a materialized view, in its table", "[table_engine]") {
  TableTarget target;
  target.table = table("MaterializedView");
  target.inner = table("Memory");
  CHECK(judge_stored({}, target).durability == Durability::kMemory);
}

TEST_CASE("the table that an Alias names", "[table_engine]") {
  const auto named_by = [](const std::string& engine_full) -> std::string {
    const auto name = alias_of({{"d", "t"}, "Alias", engine_full, "", "", {}});
    return name ? name->quoted() : "";
  };
  CHECK(named_by("Alias('u')") == "`d`.`u`");
  CHECK(named_by("Alias('e.u')") == "`e`.`u`");
  CHECK(named_by("Alias('e.f', 'u\\'v')") == "`e.f`.`u'v`");
  for (const char* other : {"Alias", "Alias(", "Alias()", "Alias('", "Alias('a', 'b', 'c')"})
    CHECK(named_by(other) == "");
  CHECK_FALSE(alias_of(table("MergeTree", "Alias('u')")));
}

TEST_CASE("the settings of a table", "[table_engine]") {
  const TableRow some = table("MergeTree", "MergeTree ORDER BY a SETTINGS a_b = 12, b = 3");
  CHECK(setting_of(some, "a_b") == "12");
  CHECK(setting_of(some, "b") == "3");
  CHECK_FALSE(setting_of(some, "c"));
}

}  // namespace
}  // namespace event_consumer
