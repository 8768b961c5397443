// RowEncoder: turns the events of a body, and what their table wants of the message around them,
// into rows of ClickHouse's RowBinary, or says why it cannot. The table has no other guard:
// ClickHouse stores RowBinary without looking at the values. The encoder knows neither where
// messages come from nor where rows go.
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

  // So many events may a body hold: the rows of one message are one block in ClickHouse (insert.h).
  static constexpr std::size_t kMostEvents = 1'000'000;
  // Into so many groups may their rows fall, see groups().
  static constexpr std::size_t kMostGroups = 100;

  // Appends a row for each event of `body` (less than 4 GiB; see JsonEvent::read), which is that of
  // `message`, to `rows` and returns nothing. When one of them is rejected all are: returns why,
  // and which one where there are several, and leaves `rows` as it was. A null is NULL in a
  // Nullable column. Any other value that is null or absent is the DEFAULT of a column that has
  // one, NULL in a Nullable, else empty (the empty string, 0, 1970). A row can be longer than its
  // body: an absent value or an element of an array may take more bytes there. Rows that go beyond
  // the limit of `rows` are given up at the value or element that does so, and rejected as
  // kTooLarge. Allocates only for bodies larger than any before, for `rows`, for rejections, for
  // escapes within arrays, and where rows fall into groups.
  //
  // A row of plain RowBinary cannot say DEFAULT: columns that are to have it are left out of the
  // row, see groups(). An event that leaves nothing to write is rejected; so is, as kNoKnownKey,
  // one that does not fit (ColumnValues).
  std::optional<Rejection> encode(std::string_view body, MessageValues& message, RowBuffer& rows);
  // Of a body without a message.
  std::optional<Rejection> encode(std::string_view body, RowBuffer& rows) {
    NoMessageValues none;
    return encode(body, none, rows);
  }

  // Rows that hold the same columns.
  struct Group {
    std::vector<bool> columns;  // which they hold, in the order of `columns`
    std::size_t rows = 0;
    std::size_t bytes = 0;
  };
  // What the last encode() has appended, in this order. An INSERT names the columns of its rows, so
  // that rows of different columns cannot go into one. It is one group of all columns, unless the
  // rows are of plain RowBinary and columns have a DEFAULT. Meaningless after a rejection.
  const std::vector<Group>& groups() const { return groups_; }

  // When the last event happened, in seconds since the epoch: the value of the first
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

  std::optional<Rejection> encode_events(std::string_view body, MessageValues& message,
                                         RowBuffer& rows);
  std::optional<Rejection> append_row(RowBuffer& rows);
  std::optional<Rejection> count_row(std::size_t bytes);
  void sort_rows(std::size_t start, RowBuffer& rows);
  std::optional<Rejection> append(std::size_t column, const JsonValue& value, RowBuffer& rows);
  std::optional<Rejection> append_empty(std::size_t column, const JsonValue& value,
                                        RowBuffer& rows);

  std::vector<Field> fields_;
  std::vector<bool> written_;  // by the last row
  std::vector<Group> groups_;
  struct Row {
    std::size_t group;
    std::size_t bytes;
  };
  std::vector<Row> rows_;  // of the last body, as its events stand; where columns can be left out
  std::optional<std::size_t> time_column_;
  std::optional<double> event_time_;
  bool may_leave_out_ = false;  // whether any column can be left out of a row
  ColumnValues values_;
};

}  // namespace event_consumer
