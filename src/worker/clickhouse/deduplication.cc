#include "worker/clickhouse/deduplication.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "common/text.h"
#include "worker/clickhouse/table_engine.h"

namespace event_consumer {
namespace {

constexpr const char* kRemedy =
    "ALTER TABLE … MODIFY SETTING non_replicated_deduplication_window = 10000 changes that";
constexpr const char* kReplicatedRemedy =
    "ALTER TABLE … MODIFY SETTING replicated_deduplication_window = 10000 changes that";

bool has_window(const ServerFacts& facts, const TableRow& table) {
  const auto setting = setting_of(table, "non_replicated_deduplication_window");
  if (!setting) return facts.has_deduplication_window;
  long window = 0;
  std::from_chars(setting->data(), setting->data() + setting->size(), window);
  return window > 0;
}

// A replicated table has a window unless it is given none.
bool deduplicates(const ServerFacts& facts, const TableRow& table) {
  if (!is_replicated(table)) return is_merge_tree(table) && has_window(facts, table);
  const auto setting = setting_of(table, "replicated_deduplication_window");
  return setting ? *setting != "0" : !facts.lacks_replicated_window;
}

// Why the table deduplicates nothing, or what changes that.
std::string why_not(const TableRow& table) {
  if (is_replicated(table)) return kReplicatedRemedy;
  return is_merge_tree(table) ? kRemedy : "the engine " + table.engine + " does not deduplicate";
}

// A table whose rows are nowhere but behind its views cannot have them twice.
bool would_double(const ServerFacts& facts, const TableRow& table) {
  return table.engine != "Null" && !deduplicates(facts, table);
}

// Of what stands behind the views: the name of a table that would have the rows twice.
std::optional<std::string> doubling_table(const ServerFacts& facts, const ViewTable& behind) {
  const std::string view = " (behind the view " + behind.view.quoted() + ")";
  if (!behind.table) return "a table that this user may not see" + view;
  if (facts.knows_view_deduplication && !would_double(facts, *behind.table)) return std::nullopt;
  return behind.table->name.quoted() + view;
}

}  // namespace

TableDeduplication judge_deduplication(const ServerFacts& facts, const TableTarget& target) {
  const std::string twice =
      "a repeated insert would not be noticed: after a crash or a lost answer, the rows of the "
      "batches under way can be stored twice; ";
  if (!facts.knows_deduplication_token)
    return {false, twice + "this version of ClickHouse knows no deduplication tokens"};
  if (facts.loses_deduplication_token)
    return {false, twice +
                       "the setting insert_deduplication_token does not reach ClickHouse: have the "
                       "proxy before it pass on the parameters of the URL"};
  TableDeduplication judged{true, "a repeated insert would be noticed, and its rows stored once"};
  for (const ViewTable& behind : target.views)
    if (const auto name = doubling_table(facts, behind)) judged.doubling.push_back(*name);
  judged.deduplicates = judged.doubling.empty() && !would_double(facts, target.rows());
  if (would_double(facts, target.rows()))
    judged.explanation = twice + why_not(target.rows());
  else if (!judged.deduplicates)
    judged.explanation =
        "a repeated insert would be noticed in the table itself, but after a crash or a lost "
        "answer the rows of the batches under way can come twice into " +
        joined(judged.doubling) + "; " + kRemedy;
  return judged;
}

}  // namespace event_consumer
