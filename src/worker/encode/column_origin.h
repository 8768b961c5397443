// Where the value of each column of a table comes from: the key of its name, another place in the
// event, or the message around it. Pure; reads no message.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/column_sources.h"
#include "common/result.h"
#include "worker/encode/column.h"

namespace event_consumer {

struct ColumnOrigin {
  std::vector<std::string> path;  // a key, or several from the event inwards; empty: none of it
  std::optional<MessageField>
      field;               // of the message; with a path: where the event has no such key
  std::string header;      // the name of the one that kHeader means
  bool is_given = false;   // by an option
  bool is_object = false;  // of kBody: the event as an object, and not its text
};

// One for each column. A column that `sources` name and `columns` have not is kConfiguration, and
// so is a field none of whose values the column's type can take. A column that is called after such
// a field has the key of its name only.
Result<std::vector<ColumnOrigin>> column_origins(const std::vector<Column>& columns,
                                                 const ColumnSources& sources);

// Whether bodies are taken as they are, JSON or not: a column has them, and no other is filled from
// the event. Then no column takes a key.
bool takes_any_body(const std::vector<ColumnOrigin>& origins);

// For people: «key id», «path user.id», «key _routing_key, else the routing key».
std::string describe(const ColumnOrigin& origin, bool takes_any_body);

}  // namespace event_consumer
