// What the engine of a table tells of it, as system.tables has it. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/scoreboard/durability.h"
#include "worker/clickhouse/table_target.h"

namespace event_consumer {

bool is_merge_tree(const TableRow& table);
// Whether all replicas of the table get what one of them gets.
bool is_replicated(const TableRow& table);

// The table that an Alias is another name for; nothing for any other engine.
std::optional<TableName> alias_of(const TableRow& table);

// The value of a setting that the table has been given.
std::optional<std::string> setting_of(const TableRow& table, const std::string& name);

// Where the rows of an answered insert are: those in the table itself, or, behind a table that
// keeps none (Null), where the views have them least.
StoredIn judge_stored(const ServerFacts& facts, const TableTarget& target);

}  // namespace event_consumer
