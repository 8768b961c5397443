// One column of every type that the encoder writes, alone and inside of Nullable, Array and
// LowCardinality, with a value for it and what ClickHouse must show when that is stored. The same
// for every ClickHouse that has the type.
#pragma once

#include <string>
#include <vector>

namespace event_consumer::testing {

struct TypedColumn {
  std::string name;
  std::string type;
  std::string json;   // the value in an event
  std::string shown;  // what is stored, in TabSeparated
};

enum class TypesOf { k18, k26 };

std::vector<TypedColumn> typed_columns(TypesOf server);

// The columns for CREATE TABLE, and the event that fills them.
std::string column_definitions(const std::vector<TypedColumn>& columns);
std::string event_for(const std::vector<TypedColumn>& columns);

// Compares with the columns a table's only row, in TabSeparated: a line for each that differs.
std::vector<std::string> differences(const std::vector<TypedColumn>& columns,
                                     const std::string& row);

}  // namespace event_consumer::testing
