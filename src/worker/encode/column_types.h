// The column types that can be written, by the names ClickHouse's DESCRIBE TABLE gives them. One
// row of a table per type; to add one, add its row and its writer (writers.h).
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "worker/encode/writers.h"

namespace event_consumer {

struct ColumnType {
  std::string name;       // in full, as ClickHouse names it
  Writer write;           // of a value that is there
  std::string empty;      // RowBinary of an absent or null value: NULL where nullable, else zeros
  bool nullable = false;  // a byte 0 stands before a value that is there
  int precision = 0;      // of a DateTime64: digits after the point of a second, 0 to 9
};

// The type called `type_name`. LowCardinality is its inner type (RowBinary knows no difference),
// Nullable may stand around any type. For a type that cannot be written, kConfiguration and a
// message that names it; the caller knows the column.
Result<ColumnType> parse_column_type(std::string_view type_name);

}  // namespace event_consumer
