#include "worker/encode/row_encoder.h"

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "common/utf8.h"

namespace event_consumer {
namespace {

Rejection missing(const Column& column, const JsonValue& value) {
  const bool is_null = value.kind == JsonValue::Kind::kNull;
  return {Reason::kMissingField, column.name,
          column.name + ": the required " + excerpt(column.type.name) +
              (is_null ? " is null" : " is absent")};
}

Rejection too_large(const Column& column) {
  return {Reason::kTooLarge, column.name,
          column.name + ": with it the rows of the message are larger than --batch-bytes"};
}

Rejection misfit(const Column& column, const JsonValue& value, Fit fit) {
  if (fit == Fit::kTooLarge) return too_large(column);
  const std::string_view quote = value.kind == JsonValue::Kind::kString ? "\"" : "";
  const std::string type_name = excerpt(column.type.name);  // that of an Enum can be long
  std::string error = column.name + ": ";
  error.append(quote).append(excerpt(value.text)).append(quote);
  if (fit == Fit::kOutOfRange) {
    error += " is out of the range of " + type_name;
    return {Reason::kOutOfRange, column.name, std::move(error)};
  }
  constexpr std::string_view kVowels = "AEI";  // at the start of a type's name; no U sounds so
  error += kVowels.find(column.type.name.front()) == std::string_view::npos ? " is not a "
                                                                            : " is not an ";
  error += type_name;
  return {Reason::kBadValue, column.name, std::move(error)};
}

Rejection too_many_events() {
  return {Reason::kTooManyEvents, "",
          "more than " + std::to_string(RowEncoder::kMostEvents) + " events"};
}

Rejection too_many_groups() {
  return {Reason::kTooManyEvents, "",
          "its events leave out columns with a DEFAULT in more than " +
              std::to_string(RowEncoder::kMostGroups) +
              " ways: this ClickHouse would need as many inserts"};
}

}  // namespace

Result<RowEncoder> RowEncoder::create(std::vector<Column> columns,
                                      const std::vector<std::string>& required, RowFormat format,
                                      const ColumnSources& sources) {
  if (columns.empty()) return Error{ErrorKind::kConfiguration, "the table has no columns to write"};
  auto origins = column_origins(columns, sources);
  if (!origins) return origins.error();
  std::vector<Field> fields;
  std::vector<std::string> names;
  for (Column& column : columns) {
    if (contains(names, column.name)) {
      return Error{ErrorKind::kConfiguration, "the column " + column.name + " comes twice"};
    }
    names.push_back(column.name);
    fields.push_back(make_field(std::move(column), format));
  }
  for (const std::string& name : required) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return Error{ErrorKind::kConfiguration,
                   "the required " + name + " is no column of the table; see --required"};
    }
    fields[static_cast<std::size_t>(found - names.begin())].required = true;
  }
  return RowEncoder(std::move(fields), *origins);
}

RowEncoder::Field RowEncoder::make_field(Column column, RowFormat format) {
  Field field;
  const ColumnType& type = column.type;
  const bool says_default = format == RowFormat::kRowBinaryWithDefaults;
  const std::string value_follows(says_default ? 1 : 0, '\0');
  field.zeros = value_follows.size() + (type.nullable ? 1 : 0);
  field.null = field.absent = value_follows + type.empty;
  if (column.has_default) {
    field.left_out = !says_default;
    field.absent = says_default ? "\1" : "";
    if (!type.nullable) field.null = field.absent;
  }
  field.column = std::move(column);
  return field;
}

RowEncoder::RowEncoder(std::vector<Field> fields, const std::vector<ColumnOrigin>& origins)
    : fields_(std::move(fields)),
      written_(fields_.size(), true),
      groups_(1, Group{written_}),
      values_(origins) {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    fields_[i].place = values_.place(i);
    may_leave_out_ = may_leave_out_ || fields_[i].left_out;
    const bool is_time =
        is_point_in_time(fields_[i].column.type) && origins[i].field != MessageField::kReceivedAt;
    if (!time_column_ && is_time) time_column_ = i;
  }
}

std::optional<Rejection> RowEncoder::encode(std::string_view body, MessageValues& message,
                                            RowBuffer& rows) {
  const std::size_t start = rows.size();
  groups_.resize(1);
  groups_.front().rows = groups_.front().bytes = 0;
  rows_.clear();
  auto rejection = encode_events(body, message, rows);
  if (rejection)
    rows.truncate(start);
  else if (groups_.size() > 1)
    sort_rows(start, rows);
  return rejection;
}

std::optional<Rejection> RowEncoder::encode_events(std::string_view body, MessageValues& message,
                                                   RowBuffer& rows) {
  auto rejection = values_.read(body, message);
  while (!rejection) {
    rejection = append_row(rows);
    if (rejection || !values_.has_next()) break;
    if (values_.event().position() + 1 == kMostEvents) return too_many_events();
    rejection = values_.read_next();
  }
  if (!rejection || rejection->reason == Reason::kTooManyEvents || !values_.event().has_others())
    return rejection;
  rejection->event = values_.event().position();
  rejection->error += " (event " + std::to_string(values_.event().position()) + ", counted from 0)";
  return rejection;
}

std::optional<Rejection> RowEncoder::append_row(RowBuffer& rows) {
  if (!values_.fits())
    return Rejection{Reason::kNoKnownKey, "", "none of the event's keys is a column of the table"};
  const std::vector<JsonValue>& values = values_.all();
  const std::size_t start = rows.size();
  if (may_leave_out_) written_.assign(fields_.size(), true);
  event_time_.reset();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    auto rejection = append(i, values[fields_[i].place], rows);
    if (!rejection && rows.is_over_limit()) rejection = too_large(fields_[i].column);
    if (rejection) return rejection;
  }
  if (rows.size() == start) {
    return Rejection{Reason::kMissingField, "", "no column of the table has a value in the event"};
  }
  return count_row(rows.size() - start);
}

std::optional<Rejection> RowEncoder::count_row(std::size_t bytes) {
  auto group = groups_.begin();
  if (may_leave_out_) {
    if (group->rows == 0) group->columns = written_;
    group = std::find_if(group, groups_.end(),
                         [&](const Group& each) { return each.columns == written_; });
    if (group == groups_.end()) {
      if (groups_.size() == kMostGroups) return too_many_groups();
      group = groups_.insert(group, Group{written_});
    }
    rows_.push_back({static_cast<std::size_t>(group - groups_.begin()), bytes});
  }
  ++group->rows;
  group->bytes += bytes;
  return std::nullopt;
}

// Puts the rows of each group one behind the other.
void RowEncoder::sort_rows(std::size_t start, RowBuffer& rows) {
  const std::string unsorted(rows.view().substr(start));
  std::vector<std::string> sorted(groups_.size());
  std::size_t at = 0;
  for (const Row& row : rows_) {
    sorted[row.group].append(unsorted, at, row.bytes);
    at += row.bytes;
  }
  rows.truncate(start);
  for (const std::string& group : sorted) rows.append(group);
}

std::optional<Rejection> RowEncoder::append(std::size_t column, const JsonValue& value,
                                            RowBuffer& rows) {
  if (value.is_empty()) return append_empty(column, value, rows);
  const Field& field = fields_[column];
  const ColumnType& type = field.column.type;
  if (field.zeros > 0) rows.append(field.zeros, '\0');
  const Fit fit = type.write(value, type, rows);
  if (fit != Fit::kFits) return misfit(field.column, value, fit);
  if (column == time_column_) event_time_ = read_written_time(type, rows.view());
  return std::nullopt;
}

std::optional<Rejection> RowEncoder::append_empty(std::size_t column, const JsonValue& value,
                                                  RowBuffer& rows) {
  const Field& field = fields_[column];
  if (field.required) return missing(field.column, value);
  const std::string& bytes = value.kind == JsonValue::Kind::kNull ? field.null : field.absent;
  if (bytes.empty()) written_[column] = false;
  rows.append(bytes);
  return std::nullopt;
}

}  // namespace event_consumer
