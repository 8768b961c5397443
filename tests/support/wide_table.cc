#include "tests/support/wide_table.h"

namespace event_consumer::testing {
namespace {

// A statement of the test itself must not be too long.
constexpr int kColumnsPerStatement = 500;

constexpr int kStep = 100;

}  // namespace

std::string wide_column(int number) {
  std::string name = "c" + std::to_string(number) + "_";
  return name + std::string(230 - name.size(), 'x');
}

void create_wide_table(const ClickhouseEndpoint& clickhouse, const std::string& table,
                       int columns) {
  clickhouse.query("CREATE TABLE " + table + " (" + wide_column(0) +
                   " UInt8) ENGINE = MergeTree() ORDER BY tuple()");
  for (int first = 1; first < columns; first += kColumnsPerStatement) {
    std::string sql = "ALTER TABLE " + table;
    for (int i = first; i < columns && i < first + kColumnsPerStatement; ++i)
      sql += (i == first ? " ADD COLUMN " : ", ADD COLUMN ") + wide_column(i) + " UInt8";
    clickhouse.query(sql);
  }
}

std::string wide_event(int columns) {
  std::string event = "{";
  for (int i = 0; i < columns; i += kStep)
    event += (i == 0 ? "\"" : ", \"") + wide_column(i) + "\": " + std::to_string(i / kStep);
  return event + "}";
}

bool is_stored_wide(const ClickhouseEndpoint& clickhouse, const std::string& table, int columns) {
  std::string expected;
  std::string sql = "SELECT ";
  for (int i = 0; i < columns; i += kStep) {
    sql += (i == 0 ? "" : ", ") + wide_column(i);
    expected += (i == 0 ? "" : "\t") + std::to_string(i / kStep);
  }
  return clickhouse.query(sql + " FROM " + table) == expected + "\n";
}

}  // namespace event_consumer::testing
