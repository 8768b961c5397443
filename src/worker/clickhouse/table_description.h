// What ClickHouse answers when it is asked for a table, as columns to write. Pure; knows no server.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "worker/encode/row_encoder.h"

namespace event_consumer {

struct TableName {
  std::string database;
  std::string table;

  // «`database`.`table`», for SQL.
  std::string quoted() const;
};

// Reads the answer to DESCRIBE TABLE … FORMAT TabSeparatedWithNames. Fields are found by their
// names in the first line, which differ between versions beyond the third.
Result<std::vector<Column>> parse_description(const std::string& answer, const TableName& name);

}  // namespace event_consumer
