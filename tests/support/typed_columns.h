// One column of every type that the encoder writes, alone and inside of Nullable, Array and
// LowCardinality, with a value for it and what ClickHouse must show when that is stored. The same
// for every ClickHouse that has the type.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace event_consumer::testing {

struct TypedColumn {
  std::string name;
  std::string type;
  std::string json;   // the value in an event
  std::string shown;  // what is stored, in TabSeparated
};

// Of the types that a ClickHouse of this version has at its default settings.
std::vector<TypedColumn> typed_columns(std::string_view version);

// Whether it has all types that the definitions of columns name, in the eyes of the same table.
bool has_types_of(std::string_view version, const std::string& definitions);

// The columns for CREATE TABLE, and the event that fills them.
std::string column_definitions(const std::vector<TypedColumn>& columns);
std::string event_for(const std::vector<TypedColumn>& columns);

// Compares with the columns a table's only row, in TabSeparated: a line for each that differs.
std::vector<std::string> differences(const std::vector<TypedColumn>& columns,
                                     const std::string& row);

}  // namespace event_consumer::testing
