// A column as an INSERT fills it.
#pragma once

#include <string>

#include "worker/encode/column_types.h"

namespace event_consumer {

struct Column {
  std::string name;
  ColumnType type;
  bool has_default = false;  // the table has a DEFAULT expression for it
};

}  // namespace event_consumer
