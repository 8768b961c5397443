#include "worker/encode/row_encoder.h"

#include <algorithm>
#include <utility>

#include "worker/encode/utf8.h"

namespace event_consumer {
namespace {

Rejection missing(const Column& column, const JsonValue& value) {
  const bool is_null = value.kind == JsonValue::Kind::kNull;
  return {
      Reason::kMissingField, column.name,
      column.name + ": the required " + column.type.name + (is_null ? " is null" : " is absent")};
}

Rejection misfit(const Column& column, const JsonValue& value, Fit fit) {
  const std::string_view quote = value.kind == JsonValue::Kind::kString ? "\"" : "";
  std::string error = column.name + ": ";
  error.append(quote).append(excerpt(value.text)).append(quote);
  if (fit == Fit::kOutOfRange) {
    error += " is out of the range of " + column.type.name;
    return {Reason::kOutOfRange, column.name, std::move(error)};
  }
  error += (column.type.name.front() == 'I' ? " is not an " : " is not a ") + column.type.name;
  return {Reason::kBadValue, column.name, std::move(error)};
}

}  // namespace

Result<RowEncoder> RowEncoder::create(std::vector<Column> columns,
                                      const std::vector<std::string>& required) {
  if (columns.empty()) return Error{ExitCode::kConfiguration, "the table has no columns to write"};
  std::vector<Field> fields;
  std::vector<std::string> names;
  for (Column& column : columns) {
    if (std::find(names.begin(), names.end(), column.name) != names.end()) {
      return Error{ExitCode::kConfiguration, "the column " + column.name + " comes twice"};
    }
    names.push_back(column.name);
    fields.push_back({std::move(column), false});
  }
  for (const std::string& name : required) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return Error{ExitCode::kConfiguration,
                   "the required " + name + " is no column of the table; see --required"};
    }
    fields[static_cast<std::size_t>(found - names.begin())].required = true;
  }
  return RowEncoder(std::move(fields), std::move(names));
}

RowEncoder::RowEncoder(std::vector<Field> fields, std::vector<std::string> names)
    : fields_(std::move(fields)), event_(std::move(names)) {}

std::optional<Rejection> RowEncoder::encode(std::string_view body, std::string& rows) {
  if (auto rejection = event_.read(body)) return rejection;
  const std::vector<JsonValue>& values = event_.values();
  const std::size_t start = rows.size();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (auto rejection = append(fields_[i], values[i], rows)) {
      rows.resize(start);
      return rejection;
    }
  }
  return std::nullopt;
}

std::optional<Rejection> RowEncoder::append(const Field& field, const JsonValue& value,
                                            std::string& rows) {
  const ColumnType& type = field.column.type;
  if (value.is_empty()) {
    if (field.required) return missing(field.column, value);
    rows += type.empty;
    return std::nullopt;
  }
  if (type.nullable) rows.push_back('\0');
  const Fit fit = type.write(value, type, rows);
  if (fit == Fit::kFits) return std::nullopt;
  return misfit(field.column, value, fit);
}

}  // namespace event_consumer
