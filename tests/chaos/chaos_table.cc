#include "tests/chaos/chaos_table.h"

#include <sstream>
#include <stdexcept>
#include <utility>

namespace event_consumer::testing {
namespace {

constexpr std::uint64_t kIdsAtOnce = 1'000'000;

}  // namespace

ChaosTable::ChaosTable(const ClickhouseEndpoint& server, std::string database, TableKind kind)
    : server_(server), database_(std::move(database)), kind_(kind) {
  // Parts that are merged would stay for eight minutes, a dozen files each.
  const std::string engine =
      std::string(" ENGINE = MergeTree() ORDER BY id SETTINGS old_parts_lifetime = 5") +
      (kind == TableKind::kDeduplicating ? ", non_replicated_deduplication_window = 10000" : "");
  server_.query("CREATE DATABASE " + database_);
  server_.query("CREATE TABLE " + database_ +
                ".click_events (id UInt64, short_code String, timestamp DateTime, user_agent "
                "String, ip_address String, referrer String, original_url String)" +
                engine);
  if (!has_view()) return;
  server_.query("CREATE TABLE " + database_ + ".by_code (id UInt64, short_code String)" + engine);
  server_.query("CREATE MATERIALIZED VIEW " + database_ + ".codes TO " + database_ +
                ".by_code AS SELECT id, short_code FROM " + database_ + ".click_events");
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

std::uint64_t ChaosTable::stored_between(std::uint64_t first, std::uint64_t last) const {
  try {
    return std::stoull(server_.query("SELECT uniqExact(id) FROM " + database_ +
                                     ".click_events WHERE id >= " + std::to_string(first) +
                                     " AND id < " + std::to_string(last)));
  } catch (const std::runtime_error&) {
    return 0;
  }
}

Observed::Counts ChaosTable::counts_in(const std::string& table) const {
  Observed::Counts counts;
  const std::string from = " FROM " + database_ + "." + table;
  const std::uint64_t last = std::stoull(server_.query("SELECT max(id)" + from));
  for (std::uint64_t first = 0; first <= last; first += kIdsAtOnce) {
    std::istringstream ids(server_.query("SELECT id" + from +
                                         " WHERE id >= " + std::to_string(first) + " AND id < " +
                                         std::to_string(first + kIdsAtOnce)));
    for (std::uint64_t id = 0; ids >> id;) count_one(counts, id);
  }
  return counts;
}

}  // namespace event_consumer::testing
