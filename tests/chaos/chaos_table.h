// ChaosTable: the table of a chaos run, in whichever ClickHouse, and the one behind its view.
#pragma once

#include <cstdint>
#include <string>

#include "tests/chaos/event_account.h"
#include "tests/support/clickhouse_endpoint.h"

namespace event_consumer::testing {

enum class TableKind {
  kDeduplicating,  // ClickHouse 26; and so does a table behind a view
  kPlain,          // ClickHouse 18.16
};

class ChaosTable {
 public:
  // Creates both in a database of that name; `server` must live longer.
  ChaosTable(const ClickhouseEndpoint& server, std::string database, TableKind kind);
  // Drops them.
  ~ChaosTable();
  ChaosTable(const ChaosTable&) = delete;
  ChaosTable& operator=(const ChaosTable&) = delete;

  const std::string& database() const { return database_; }
  int http_port() const { return server_.http_port(); }
  bool has_view() const { return kind_ == TableKind::kDeduplicating; }

  // One that no event has a key for.
  void add_column();

  // Drops it, and not the one behind its view. Returns what was in it then, whatever is inserted
  // meanwhile; where there is a view, also what was in those before.
  Counts drop();
  // An empty one, as it was at first.
  void make_again() const;

  // How many different events are stored with ids from `first` to `last`, excluding `last`. None
  // while the server does not answer.
  std::uint64_t stored_between(std::uint64_t first, std::uint64_t last) const;
  // How often each id is stored, by id; of those from `first` on.
  Counts stored(std::uint64_t first = 0) const { return counts_in("click_events", first); }
  Counts in_view() const { return counts_in("by_code", 0); }

 private:
  std::string make_sql(const std::string& name) const;
  Counts counts_in(const std::string& table, std::uint64_t first) const;

  const ClickhouseEndpoint& server_;
  std::string database_;
  TableKind kind_;
  int added_columns_ = 0;
};

}  // namespace event_consumer::testing
