// RowEncoder: turns an event, and what its table wants of the message around it, into a row of
// ClickHouse's RowBinary, or says why it cannot. The table has no other guard: ClickHouse stores
// RowBinary without looking at the values. The encoder knows neither where messages come from nor
// where rows go.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "worker/encode/column.h"
#include "worker/encode/column_values.h"
#include "worker/encode/row_buffer.h"
#include "worker/encode/verdict.h"

namespace event_consumer {

enum class RowFormat {
  kRowBinary,
  kRowBinaryWithDefaults,  // a byte before each value: 1 stands for the column's DEFAULT, which
                           // ClickHouse computes, and nothing follows; else 0 and the value
};

class RowEncoder {
 public:
  // `columns` are the columns of the insert, in its order. An event is rejected when one of the
  // `required` is absent or null; an empty string is a value. `sources` say which columns do not
  // take the key of their name. No columns at all, two of one name, a required name that is no
  // column and what column_origins() refuses are kConfiguration, and the message names them.
  static Result<RowEncoder> create(std::vector<Column> columns,
                                   const std::vector<std::string>& required,
                                   RowFormat format = RowFormat::kRowBinary,
                                   const ColumnSources& sources = {});

  // Appends the row of the event `body` (less than 4 GiB), which is number `event_index` of those
  // of `message`, to `rows` and returns nothing. When the event is rejected, returns why and leaves
  // `rows` as it was. A null is NULL in a Nullable column. Any other value that is null or absent
  // is the DEFAULT of a column that has one, NULL in a Nullable, else empty (the empty string, 0,
  // 1970). A row can be longer than its body: an absent value or an element of an array may take
  // more bytes there. One that goes beyond the limit of `rows` is given up at the value or element
  // that does so, and rejected as kTooLarge. Allocates only for bodies larger than any before, for
  // `rows`, for rejections and for escapes within arrays.
  //
  // A row of plain RowBinary cannot say DEFAULT: columns that are to have it are left out of the
  // row, see written_columns(). An event that leaves nothing to write is rejected; so is,
  // as kNoKnownKey, one that does not fit (ColumnValues).
  std::optional<Rejection> encode(std::string_view body, MessageValues& message,
                                  std::size_t event_index, RowBuffer& rows);
  // Of a body without a message.
  std::optional<Rejection> encode(std::string_view body, RowBuffer& rows) {
    NoMessageValues none;
    return encode(body, none, 0, rows);
  }

  // Which columns the last row holds, in the order of `columns`: all of them, unless it is of plain
  // RowBinary and columns have a DEFAULT. An INSERT names the columns of its rows, so that rows of
  // different columns cannot go into one. Meaningless after a rejection.
  const std::vector<bool>& written_columns() const { return written_; }

  // When the event of the last row happened, in seconds since the epoch: the value of the first
  // column that is a DateTime or DateTime64, and not the time of the delivery. Nothing when the
  // table or the event has none.
  std::optional<double> event_time() const { return event_time_; }

  UnknownKeys& unknown_keys() { return values_.unknown_keys(); }

 private:
  struct Field {
    Column column;
    bool required = false;
    bool left_out = false;  // when it is to be the DEFAULT
    std::string null;       // what a row holds for a null
    std::string absent;     // what it holds for an absent value
    std::size_t zeros = 0;  // how many bytes 0 stand before a value that is there
    std::size_t place = 0;  // of its value among those of the message
  };

  RowEncoder(std::vector<Field> fields, const std::vector<ColumnOrigin>& origins);

  static Field make_field(Column column, RowFormat format);

  std::optional<Rejection> append(std::size_t column, const JsonValue& value, RowBuffer& rows);
  std::optional<Rejection> append_empty(std::size_t column, const JsonValue& value,
                                        RowBuffer& rows);

  std::vector<Field> fields_;
  std::vector<bool> written_;
  std::optional<std::size_t> time_column_;
  std::optional<double> event_time_;
  bool may_leave_out_ = false;  // whether any column can be left out of a row
  ColumnValues values_;
};

}  // namespace event_consumer
