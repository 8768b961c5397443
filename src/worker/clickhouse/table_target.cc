#include "worker/clickhouse/table_target.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "worker/clickhouse/materialized_view.h"
#include "worker/clickhouse/table_engine.h"

namespace event_consumer {
namespace {

using Names = std::vector<TableName>;
using Rows = std::vector<TableRow>;

const TableRow* find(const Rows& rows, const TableName& name) {
  const auto at =
      std::find_if(rows.begin(), rows.end(), [&](const TableRow& row) { return row.name == name; });
  return at == rows.end() ? nullptr : &*at;
}

Result<Rows> read_rows(ClickHouseHttp& http, const ServerFacts& facts, const Names& names) {
  if (names.empty()) return Rows{};
  return ask(http, tables_question(names, facts));
}

// Adds those of `more` that `seen` has not, to both.
void add_new(const Names& more, Names& seen, Names& names) {
  for (const TableName& name : more) {
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    seen.push_back(name);
    names.push_back(name);
  }
}

// Adds the tables behind `views`, and the views behind them to `next`.
Result<Done> follow(ClickHouseHttp& http, const ServerFacts& facts, const Names& views,
                    TableTarget& target, Names& seen, Names& next) {
  const auto view_rows = read_rows(http, facts, views);
  if (!view_rows) return view_rows.error();
  Names tables;
  for (const TableRow& view : view_rows.value()) tables.push_back(table_of_view(view));
  const auto table_rows = read_rows(http, facts, tables);
  if (!table_rows) return table_rows.error();
  for (const TableName& name : views) {
    const TableRow* view = find(view_rows.value(), name);
    const TableRow* table =
        view == nullptr ? nullptr : find(table_rows.value(), table_of_view(*view));
    target.views.push_back({name, table == nullptr ? std::nullopt : std::optional(*table)});
    if (view != nullptr) add_new(view->views, seen, next);
    if (table != nullptr) add_new(table->views, seen, next);
  }
  return Done{};
}

// The table that rows for this one go to instead.
std::optional<TableName> table_behind(const TableRow& row) {
  return is_materialized_view(row) ? table_of_view(row) : alias_of(row);
}

// Whether the tables behind the views are of these engines, and none is that may not be seen.
bool are_all(const std::vector<ViewTable>& views, std::initializer_list<std::string_view> engines) {
  return std::all_of(views.begin(), views.end(), [&](const ViewTable& behind) {
    return behind.table &&
           std::find(engines.begin(), engines.end(), behind.table->engine) != engines.end();
  });
}

constexpr const char* kBufferRemedy =
    "name the table behind it with CLICKHOUSE_TABLE, or accept that with --allow-buffer on";

std::optional<WrongTarget> judge_null(const ServerFacts& facts, const TableTarget& target,
                                      bool allow_buffer) {
  const std::string is_null = target.table.name.quoted() + " has the engine Null and ";
  if (are_all(target.views, {"Null"}))
    return WrongTarget{
        is_null +
            (target.views.empty() ? "no materialized view behind it"
                                  : "none but Null tables behind its materialized views") +
            ": rows would be kept nowhere",
        "correct CLICKHOUSE_TABLE, or create the view that is to read from it"};
  if (facts.ignores_view_errors)
    return WrongTarget{is_null +
                           "materialized_views_ignore_errors is on: rows that a view fails on "
                           "would be kept nowhere",
                       "turn that off in the user's profile, or with --clickhouse-setting "
                       "materialized_views_ignore_errors=0"};
  if (are_all(target.views, {"Null", "Buffer"}) && !allow_buffer)
    return WrongTarget{is_null +
                           "only Buffer tables behind its views, which hold rows in memory for a "
                           "while: stored and acknowledged events would be lost with the server",
                       kBufferRemedy};
  return std::nullopt;
}

}  // namespace

Result<std::optional<TableTarget>> read_target(ClickHouseHttp& http, const ServerFacts& facts,
                                               const TableName& name) {
  auto rows = read_rows(http, facts, {name});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<TableTarget>();
  TableTarget target{std::move(rows->front()), std::nullopt, {}};
  Names seen;
  Names views;
  add_new(target.table.views, seen, views);
  Names passed;
  for (auto behind = table_behind(target.table);
       behind && std::find(passed.begin(), passed.end(), *behind) == passed.end();
       behind = table_behind(target.rows())) {
    passed.push_back(*behind);
    auto inner = read_rows(http, facts, {*behind});
    if (!inner) return inner.error();
    if (inner->empty()) break;
    target.inner = std::move(inner->front());
    add_new(target.inner->views, seen, views);
  }
  while (!views.empty()) {
    Names next;
    if (auto done = follow(http, facts, views, target, seen, next); !done) return done.error();
    views = std::move(next);
  }
  return std::optional(std::move(target));
}

bool is_kept_by_shards(const TableTarget& target) {
  const std::string& engine = target.rows().engine;
  return engine == "Distributed" ||
         (engine == "Null" &&
          std::any_of(target.views.begin(), target.views.end(), [](const ViewTable& behind) {
            return behind.table && behind.table->engine == "Distributed";
          }));
}

std::optional<WrongTarget> judge_target(const ServerFacts& facts, const TableTarget& target,
                                        bool allow_buffer) {
  const std::string name = target.table.name.quoted();
  const std::string& engine = target.rows().engine;
  if (facts.answers_early)
    return WrongTarget{
        "inserts are asynchronous by the user's profile and not waited for, and the setting "
        "async_insert does not reach ClickHouse: its answer would only mean that it has the rows "
        "in memory",
        "have the proxy before it pass on the parameters of the URL, or set "
        "wait_for_async_insert to 1"};
  if (is_materialized_view(target.table) && is_replaced_by_refresh(target.table))
    return WrongTarget{
        name + " is a materialized view, and its next refresh replaces what is in it",
        "correct CLICKHOUSE_TABLE"};
  if (engine == "Buffer" && !allow_buffer)
    return WrongTarget{
        name +
            " has the engine Buffer, which holds rows in memory for a while: stored and "
            "acknowledged events would be lost with the server",
        kBufferRemedy};
  return engine == "Null" ? judge_null(facts, target, allow_buffer) : std::nullopt;
}

}  // namespace event_consumer
