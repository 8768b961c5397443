#include "tests/chaos/chaos_table.h"

#include <sstream>
#include <stdexcept>
#include <utility>

namespace event_consumer::testing {
namespace {

constexpr std::uint64_t kIdsAtOnce = 1'000'000;

std::string engine_of(TableKind kind) {
  // Parts that are merged would stay for eight minutes, a dozen files each.
  return std::string(" ENGINE = MergeTree() ORDER BY id SETTINGS old_parts_lifetime = 5") +
         (kind == TableKind::kDeduplicating ? ", non_replicated_deduplication_window = 10000" : "");
}

}  // namespace

ChaosTable::ChaosTable(const ClickhouseEndpoint& server, std::string database, TableKind kind)
    : server_(server), database_(std::move(database)), kind_(kind) {
  server_.query("CREATE DATABASE " + database_);
  server_.query(make_sql("click_events"));
  if (!has_view()) return;
  server_.query("CREATE TABLE " + database_ + ".by_code (id UInt64, short_code String)" +
                engine_of(kind_));
  server_.query("CREATE MATERIALIZED VIEW " + database_ + ".codes TO " + database_ +
                ".by_code AS SELECT id, short_code FROM " + database_ + ".click_events");
}

std::string ChaosTable::make_sql(const std::string& name) const {
  return "CREATE TABLE " + database_ + "." + name +
         " (id UInt64, short_code String, timestamp DateTime, user_agent String, ip_address "
         "String, "
         "referrer String, original_url String)" +
         engine_of(kind_);
}

ChaosTable::~ChaosTable() {
  try {
    server_.query("DROP DATABASE " + database_);
  } catch (const std::exception&) {
    // The server goes at the end of the run, and with it what is left here.
  }
}

void ChaosTable::add_column() {
  server_.query("ALTER TABLE " + database_ + ".click_events ADD COLUMN added_" +
                std::to_string(++added_columns_) + " String");
}

Counts ChaosTable::drop() {
  if (has_view()) {
    server_.query("DROP TABLE " + database_ + ".click_events");
    return in_view();
  }
  // Inserts that are under way end before, and those that come find no table.
  server_.query("RENAME TABLE " + database_ + ".click_events TO " + database_ + ".dropped");
  Counts counts = counts_in("dropped", 0);
  server_.query("DROP TABLE " + database_ + ".dropped");
  return counts;
}

// ClickHouse 18.16 dies when an INSERT meets the CREATE of its table.
void ChaosTable::make_again() const {
  if (kind_ == TableKind::kDeduplicating) {
    server_.query(make_sql("click_events"));
    return;
  }
  server_.query(make_sql("in_making"));
  server_.query("RENAME TABLE " + database_ + ".in_making TO " + database_ + ".click_events");
}

std::uint64_t ChaosTable::stored_between(std::uint64_t first, std::uint64_t last) const {
  try {
    return std::stoull(server_.query("SELECT uniqExact(id) FROM " + database_ +
                                     ".click_events WHERE id >= " + std::to_string(first) +
                                     " AND id < " + std::to_string(last)));
  } catch (const std::runtime_error&) {
    return 0;
  }
}

Counts ChaosTable::counts_in(const std::string& table, std::uint64_t first) const {
  Counts counts;
  const std::string from = " FROM " + database_ + "." + table;
  const std::uint64_t last = std::stoull(server_.query("SELECT max(id)" + from));
  for (; first <= last; first += kIdsAtOnce) {
    std::istringstream ids(server_.query("SELECT id" + from +
                                         " WHERE id >= " + std::to_string(first) + " AND id < " +
                                         std::to_string(first + kIdsAtOnce)));
    for (std::uint64_t id = 0; ids >> id;) count_one(counts, id);
  }
  return counts;
}

}  // namespace event_consumer::testing
