#include "worker/commands/check_sample.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "worker/clickhouse/table.h"
#include "worker/encode/json_object_text.h"
#include "worker/encode/row_encoder.h"

namespace event_consumer {
namespace {

constexpr std::size_t kMostValueBytes = 200;

// Whether the text is an event, or several, whatever their keys.
bool is_message(std::string_view text) {
  JsonEvent event({});
  auto rejection = event.read(text);
  while (!rejection && event.has_next()) rejection = event.read_next();
  return !rejection;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Whether the value is one that no sample has.
bool is_left_open(const ColumnOrigin& origin) {
  return origin.field && origin.field != MessageField::kBody &&
         origin.field != MessageField::kUnmatched && origin.field != MessageField::kEventIndex;
}

class Sample {
 public:
  // `origins` are those of `columns`, which make an `encoder`.
  Sample(const std::vector<Column>& columns, std::vector<ColumnOrigin> origins, RowEncoder encoder,
         std::size_t most_bytes, Report& report)
      : columns_(columns),
        origins_(std::move(origins)),
        encoder_(std::move(encoder)),
        values_(origins_),
        most_bytes_(most_bytes),
        report_(report) {}

  void try_message(std::size_t number, std::string_view body) {
    const std::string message = fmt::format("message {}: ", number);
    const auto rejection = encode(body);
    if (rejection)
      return report_.rejected(
          fmt::format("{}rejected as {}: {}", message, slug(rejection->reason), rejection->error));
    const std::size_t rows = encoder_.groups().front().rows;
    report_.good(message + (rows == 1 ? "would be a row" : fmt::format("would be {} rows", rows)));
    NoMessageValues none;
    for (values_.read(body, none);; values_.read_next()) {
      if (rows > 1)
        report_.detail(fmt::format("event {}, counted from 0:", values_.event().position()));
      for (std::size_t i = 0; i < columns_.size(); ++i) report_.detail(describe_column(i));
      if (!values_.has_next()) break;
    }
    const std::vector<std::string> unknown = values_.unknown_keys().take_new_names();
    if (!unknown.empty()) report_.detail("no column takes " + joined(unknown));
  }

 private:
  std::optional<Rejection> encode(std::string_view body) {
    if (body.size() > most_bytes_)
      return Rejection{Reason::kTooLarge, "", "it is larger than --batch-bytes"};
    RowBuffer row;
    row.set_limit(most_bytes_);
    return encoder_.encode(body, row);
  }

  std::string describe_column(std::size_t i) {
    const Column& column = columns_[i];
    const ColumnOrigin& origin = origins_[i];
    const JsonValue& value = values_.all()[values_.place(i)];
    const std::string start = fmt::format("{} {}: ", column.name, column.type.name);
    const std::string from = describe(one_of(origin), false);
    if (!value.is_empty())
      return start + printable(to_json(value), kMostValueBytes) + ", from " + from;
    const bool is_null = value.kind == JsonValue::Kind::kNull;
    if (!is_null && is_left_open(origin))
      return start + "from " + from + ", which a sample has not";
    const std::string what = column.type.nullable && (is_null || !column.has_default) ? "NULL"
                             : column.has_default                                     ? "DEFAULT"
                                                                                      : "empty";
    return fmt::format("{}{}, since {} is {}", start, what, from, is_null ? "null" : "absent");
  }

  // Of a key and what the message has instead, that which is there.
  ColumnOrigin one_of(ColumnOrigin origin) const {
    if (!origin.field || origin.path.empty()) return origin;
    JsonEvent event(origin.path);
    if (!takes_any_body(origins_) && !event.read(values_.event().text()) && event.has_known_key())
      origin.field.reset();
    else
      origin.path.clear();
    return origin;
  }

  const std::vector<Column>& columns_;
  std::vector<ColumnOrigin> origins_;
  RowEncoder encoder_;
  ColumnValues values_;
  std::size_t most_bytes_;
  Report& report_;
};

// Those of them that a sample can have.
std::vector<std::string> required_of(const Options& options, const std::vector<Column>& columns,
                                     const std::vector<ColumnOrigin>& origins) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  std::vector<std::string> required = required_columns(options, names);
  const auto cannot_be_there = [&](const std::string& name) {
    const auto at = std::find(names.begin(), names.end(), name);
    return at == names.end() || is_left_open(origins[static_cast<std::size_t>(at - names.begin())]);
  };
  required.erase(std::remove_if(required.begin(), required.end(), cannot_be_there), required.end());
  return required;
}

}  // namespace

std::vector<std::string_view> sample_messages(std::string_view text) {
  std::vector<std::string_view> messages;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = without_line_break(rest.substr(0, end + 1));
    if (!is_blank(line)) messages.push_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (messages.size() > 1 && !is_message(messages.front()) && is_message(text)) messages = {text};
  return messages;
}

void check_sample(const Options& options, const std::vector<Column>& columns,
                  std::string_view sample, Report& report) {
  if (columns.empty()) return report.note("the sample is not tried: there is no table to look at");
  auto origins = column_origins(columns, options.column_sources);
  if (!origins) return;  // reported with the table
  auto encoder = RowEncoder::create(columns, required_of(options, columns, *origins),
                                    RowFormat::kRowBinaryWithDefaults, options.column_sources);
  if (!encoder) return report.bad(encoder.error().kind, encoder.error().message, "see above");
  Sample tried(columns, std::move(*origins), std::move(*encoder), options.batch_bytes, report);
  std::size_t number = 0;
  for (const std::string_view body : sample_messages(sample)) tried.try_message(++number, body);
  if (number == 0) report.note("the sample has no message");
}

}  // namespace event_consumer
