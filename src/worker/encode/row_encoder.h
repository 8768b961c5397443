// Turns the body of an event into a row of ClickHouse's RowBinary, or says why it cannot. The only
// guard of the table: ClickHouse stores what RowBinary carries unseen. Knows neither where bodies
// come from nor where rows go.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "worker/encode/column_types.h"
#include "worker/encode/json_event.h"
#include "worker/encode/verdict.h"

namespace event_consumer {

struct Column {
  std::string name;
  ColumnType type;
};

class RowEncoder {
 public:
  // `columns` are those of the insert, in its order. `required` names those without which an event
  // is rejected: the key must be there and its value not null; an empty string is a value. No
  // columns at all, two of one name and a required name that is no column are kConfiguration, and
  // the message names them.
  static Result<RowEncoder> create(std::vector<Column> columns,
                                   const std::vector<std::string>& required);

  // Appends the row of the event `body` (less than 4 GiB) to `rows` and returns nothing. When the
  // event is rejected, returns why and leaves `rows` as it was. A value absent or null is NULL in a
  // Nullable column, else empty (the empty string, 0, 1970). A row takes at most the body's size
  // and 10 bytes a column. Allocates nothing but for bodies larger than any before, for `rows` and
  // for rejections.
  std::optional<Rejection> encode(std::string_view body, std::string& rows);

 private:
  struct Field {
    Column column;
    bool required;
  };

  RowEncoder(std::vector<Field> fields, std::vector<std::string> names);

  static std::optional<Rejection> append(const Field& field, const JsonValue& value,
                                         std::string& rows);

  std::vector<Field> fields_;
  JsonEvent event_;
};

}  // namespace event_consumer
