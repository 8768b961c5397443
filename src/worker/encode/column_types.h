// The column types that can be written, by the names ClickHouse's system.columns gives them. One
// row of a table per type; to add one, add its row and its writer (writers.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "worker/encode/writers.h"

namespace event_consumer {

class EnumValues;

// Of several types of a Variant that take a value ClickHouse takes the one of the highest depth,
// then rank, then number of wrappers, and of equal ones the first by name
// (SerializationVariant::getVariantsDeserializeTextOrder in its source).
struct TextPriority {
  int depth = 0;     // of arrays, tuples and maps
  int rank = 0;      // of the type, and of all its elements
  int wrappers = 0;  // LowCardinality and Nullable, at their deepest
};

struct ColumnType {
  std::string name;        // in full, as ClickHouse names it
  Writer write = nullptr;  // of a value that is there
  std::string empty;       // RowBinary of an absent or null value: NULL where nullable, else zeros,
                           // but the value declared first of an Enum
  bool nullable = false;   // a byte 0 stands before a value that is there
  int precision = 0;       // DateTime64: digits after the point of a second; Decimal: all digits
  int scale = 0;           // Decimal: digits after the point
  std::size_t length = 0;  // FixedString
  std::shared_ptr<const EnumValues> values;  // Enum
  std::vector<ColumnType> elements;        // Array: one; Map: key and value; Tuple and Variant: all
  std::vector<std::string> element_names;  // of a Tuple that has such
  std::vector<std::size_t> order;          // in which a Variant's elements are tried
  TextPriority priority{};                 // within a Variant
};

// How many bytes a Decimal of so many digits takes.
constexpr std::size_t decimal_bytes(int precision) {
  return precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
}

// The type called `type_name`. LowCardinality and SimpleAggregateFunction are written as the type
// inside (RowBinary knows no difference); Nullable may stand around a Tuple and any type without
// elements. The Error (kConfiguration) names a type that cannot be written; the caller knows the
// column.
Result<ColumnType> parse_column_type(std::string_view type_name);

}  // namespace event_consumer
