// What the rows of a batch are: the INSERT they belong to, and what stands before them.
#pragma once

#include <string>

namespace event_consumer {

struct InsertFormat {
  std::string query;   // «INSERT INTO … (columns) FORMAT …»
  std::string header;  // the bytes before the first row: names and types, where the format has them

  // Whether the server itself refuses rows of other column types. Where not, they would be stored
  // as garbage, and the types have to be compared before a batch is posted again.
  bool states_types = false;
};

}  // namespace event_consumer
