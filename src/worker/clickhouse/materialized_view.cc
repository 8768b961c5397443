#include "worker/clickhouse/materialized_view.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/text.h"
#include "worker/encode/type_arguments.h"

namespace event_consumer {
namespace {

constexpr std::string_view kCreateView = "CREATE MATERIALIZED VIEW ";

// The identifier that `text` begins with, which is taken away from it. A setting of the user's
// profile chooses the quotation marks (show_create_query_identifier_quoting_style).
std::string take_identifier(std::string_view& text) {
  if (starts_with(text, "`") || starts_with(text, "\"")) return take_quoted_name(text);
  const std::string name(text.substr(0, text.find_first_of(" .(")));
  text.remove_prefix(name.size());
  return name;
}

TableName take_name(std::string_view& text) {
  TableName name{"", take_identifier(text)};
  if (text.empty() || text.front() != '.') return name;
  text.remove_prefix(1);
  name.database = std::exchange(name.table, take_identifier(text));
  return name;
}

// What stands behind the name of a view: «TO …», «REFRESH …» or its columns. A setting of the
// user's profile shows UUIDs, too (show_table_uuid_in_table_create_query_if_not_nil).
std::string_view behind_name(const TableRow& view) {
  std::string_view text = view.create_query;
  if (!starts_with(text, kCreateView)) return {};
  text.remove_prefix(kCreateView.size());
  take_name(text);
  constexpr std::string_view kUuid = " UUID '";
  if (!starts_with(text, kUuid)) return text;
  text.remove_prefix(std::min(text.find('\'', kUuid.size()), text.size() - 1) + 1);
  return text;
}

}  // namespace

bool is_materialized_view(const TableRow& row) { return row.engine == "MaterializedView"; }

TableName table_of_view(const TableRow& view) {
  // A live view or a window view keeps its rows itself.
  if (!is_materialized_view(view)) return view.name;
  constexpr std::string_view kTo = " TO ";
  std::string_view text = behind_name(view);
  if (starts_with(text, " REFRESH "))
    text.remove_prefix(std::min({text.find(kTo), text.find(" ("), text.size()}));
  if (starts_with(text, kTo) && !starts_with(text, " TO INNER UUID '")) {
    text.remove_prefix(kTo.size());
    TableName name = take_name(text);
    if (name.database.empty()) name.database = view.name.database;
    return name;
  }
  constexpr std::string_view kNoUuid = "00000000-0000-0000-0000-000000000000";
  const bool has_uuid = !view.uuid.empty() && view.uuid != kNoUuid;
  return {view.name.database, has_uuid ? ".inner_id." + view.uuid : ".inner." + view.name.table};
}

bool is_replaced_by_refresh(const TableRow& view) {
  const std::string_view text = behind_name(view);
  if (!starts_with(text, " REFRESH ")) return false;
  return !contains(text.substr(0, text.find(" (")), " APPEND");
}

}  // namespace event_consumer
