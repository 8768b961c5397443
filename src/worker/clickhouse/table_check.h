// Tells whether the table is still what it was, and how to encode events for it as it is.
#pragma once

#include <string>
#include <vector>

#include "worker/clickhouse/insert.h"
#include "worker/clickhouse/table.h"
#include "worker/inserter.h"

namespace event_consumer {

// The Error (kConfiguration) names a required column that the table does not have.
Result<Encoding> make_encoding(const TableName& name, const std::vector<Column>& columns,
                               const std::vector<std::string>& required, const ServerFacts& facts);

class TableCheck {
 public:
  // `columns` are those known now.
  TableCheck(const ClickHouseServer& server, const ServerFacts& facts, TableName name,
             std::vector<Column> columns, std::vector<std::string> required)
      : http_(server),
        facts_(facts),
        name_(std::move(name)),
        columns_(std::move(columns)),
        required_(std::move(required)) {}

  // Reads the columns and compares names and types. Never creates anything: a table that was
  // dropped under us is an operator's business.
  TableOutcome run();

 private:
  ClickHouseHttp http_;
  ServerFacts facts_;
  TableName name_;
  std::vector<Column> columns_;
  std::vector<std::string> required_;
};

}  // namespace event_consumer
