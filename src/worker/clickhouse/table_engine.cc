#include "worker/clickhouse/table_engine.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "common/text.h"
#include "worker/clickhouse/quote.h"
#include "worker/encode/type_arguments.h"

namespace event_consumer {
namespace {

// What they are given is in a file when they answer, but nobody has waited for the disk.
constexpr std::array<std::string_view, 5> kWritesFiles = {"Log", "TinyLog", "StripeLog", "File",
                                                          "EmbeddedRocksDB"};

bool is_weaker(const StoredIn& a, const StoredIn& b) {
  return std::tie(a.durability, a.replicas) < std::tie(b.durability, b.replicas);
}

StoredIn stored_in(const ServerFacts& facts, const TableRow& table) {
  const std::string& engine = table.engine;
  if (is_replicated(table))
    return {Durability::kReplicas, std::max<std::uint64_t>(facts.insert_quorum, 1)};
  if (is_merge_tree(table)) {
    const auto fsync = setting_of(table, "fsync_after_insert");
    const bool waits = fsync ? *fsync == "1" || *fsync == "true" : facts.fsyncs_after_insert;
    return {waits ? Durability::kDisk : Durability::kPageCache, 0};
  }
  if (engine == "Memory" || engine == "Buffer") return {Durability::kMemory, 0};
  // Held in memory, and written to a file that is read again at a start.
  if (engine == "Set" || engine == "Join")
    return {setting_of(table, "persistent") == "0" ? Durability::kMemory : Durability::kPageCache,
            0};
  if (std::find(kWritesFiles.begin(), kWritesFiles.end(), engine) != kWritesFiles.end())
    return {Durability::kPageCache, 0};
  if (engine == "Distributed") return {Durability::kShards, 0};
  return {Durability::kElsewhere, 0};
}

}  // namespace

bool is_merge_tree(const TableRow& table) { return ends_with(table.engine, "MergeTree"); }

bool is_replicated(const TableRow& table) {
  return is_merge_tree(table) &&
         (starts_with(table.engine, "Replicated") || starts_with(table.engine, "Shared"));
}

// «Alias('database', 'table')», or one name, which may be qualified.
std::optional<TableName> alias_of(const TableRow& table) {
  constexpr std::string_view kStart = "Alias(";
  std::string_view text = table.engine_full;
  if (table.engine != "Alias" || !starts_with(text, kStart)) return std::nullopt;
  text = text.substr(kStart.size(), text.rfind(')') - kStart.size());
  std::vector<std::string> names;
  for (const std::string_view quoted : split_arguments(text))
    if (quoted.size() > 2) names.push_back(unescape_tsv(quoted.substr(1, quoted.size() - 2)));
  if (names.size() == 2) return TableName{names[0], names[1]};
  if (names.size() != 1) return std::nullopt;
  const auto dot = names[0].find('.');
  if (dot == std::string::npos) return TableName{table.name.database, names[0]};
  return TableName{names[0].substr(0, dot), names[0].substr(dot + 1)};
}

std::optional<std::string> setting_of(const TableRow& table, const std::string& name) {
  const std::string start = " " + name + " = ";
  const auto at = table.engine_full.find(start);
  if (at == std::string::npos) return std::nullopt;
  const auto value = at + start.size();
  return table.engine_full.substr(value, table.engine_full.find(',', value) - value);
}

StoredIn judge_stored(const ServerFacts& facts, const TableTarget& target) {
  if (target.rows().engine != "Null") return stored_in(facts, target.rows());
  StoredIn weakest{Durability::kElsewhere, 0};
  bool is_first = true;
  for (const ViewTable& behind : target.views) {
    // A table that keeps nothing is judged by the views behind it, which are among these.
    if (behind.table && behind.table->engine == "Null") continue;
    const StoredIn stored =
        behind.table ? stored_in(facts, *behind.table) : StoredIn{Durability::kElsewhere, 0};
    if (is_first || is_weaker(stored, weakest)) weakest = stored;
    is_first = false;
  }
  return weakest;
}

}  // namespace event_consumer
