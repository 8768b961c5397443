// What the rows of a batch are: the INSERT they belong to, and what stands before them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace event_consumer {

struct InsertFormat {
  // The bytes before the first row: «INSERT INTO … (columns) FORMAT …», the line break that ends
  // it, and names and types, where the format has them.
  std::string head;
  std::size_t statement_bytes = 0;  // of the head, without the line break

  // Whether the server itself refuses rows of other column types. Where not, they would be stored
  // as garbage, and the types have to be compared before a batch is posted again.
  bool states_types = false;
};

// Rows of one message that go into one insert.
struct RowGroup {
  std::shared_ptr<const InsertFormat> format;
  std::size_t rows = 0;
  std::size_t bytes = 0;
};

}  // namespace event_consumer
