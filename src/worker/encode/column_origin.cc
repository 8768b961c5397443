#include "worker/encode/column_origin.h"

#include <algorithm>

#include "common/near_miss.h"
#include "common/text.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

bool takes(const ColumnType& type, const JsonValue& value) {
  RowBuffer row;
  return type.write(value, type, row) == Fit::kFits;
}

// Such a type has no value that is a text.
bool is_compound(const ColumnType& type) {
  return type.write == write_json || type.write == write_map || type.write == write_tuple ||
         type.write == write_array;
}

// Whether the column can take any value that the field has: where all are alike, one stands for
// all.
bool can_take(const ColumnType& type, MessageField field) {
  switch (field) {
    case MessageField::kBody:
      return !is_compound(type) || takes(type, {Kind::kCompound, "{}"});
    case MessageField::kUnmatched:
    case MessageField::kHeaders:
      return takes(type, {Kind::kCompound, "{}"});
    case MessageField::kRedelivered:
      return takes(type, {Kind::kBool, "true"});
    case MessageField::kReceivedAt:
      return takes(type, {Kind::kString, "2025-12-19T10:20:30.123Z"});
    case MessageField::kTimestamp:
      return takes(type, {Kind::kNumber, "1766139630"});
    case MessageField::kEventIndex:
    case MessageField::kDeliveryCount:
    case MessageField::kDeliveryTag:
    case MessageField::kPriority:
      return takes(type, {Kind::kNumber, "1"});
    case MessageField::kHeader:
      return true;
    case MessageField::kExchange:
    case MessageField::kRoutingKey:
    case MessageField::kQueue:
    case MessageField::kContentType:
    case MessageField::kType:
    case MessageField::kMessageId:
    case MessageField::kAppId:
    case MessageField::kCorrelationId:
    case MessageField::kReplyTo:
    case MessageField::kUserId:
      break;
  }
  return !is_compound(type);
}

bool is_filled_from_event(const ColumnOrigin& origin) {
  if (origin.is_object || origin.field == MessageField::kUnmatched) return true;
  return !origin.field;
}

Result<Done> expect_columns(const std::vector<Column>& columns, const ColumnSources& sources) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  for (const auto& [name, source] : sources)
    if (!contains(names, name))
      return Error{ErrorKind::kConfiguration, "--column " + printable(name, 100) +
                                                  " is no column that the table takes values for" +
                                                  did_you_mean(name, names)};
  return Done{};
}

}  // namespace

Result<std::vector<ColumnOrigin>> column_origins(const std::vector<Column>& columns,
                                                 const ColumnSources& sources) {
  if (auto known = expect_columns(columns, sources); !known) return known.error();
  std::vector<ColumnOrigin> origins;
  for (const Column& column : columns) {
    ColumnOrigin& origin = origins.emplace_back();
    const auto given = std::find_if(sources.begin(), sources.end(),
                                    [&](const auto& each) { return each.first == column.name; });
    origin.is_given = given != sources.end();
    if (origin.is_given) {
      origin.path = given->second.path;
      origin.field = given->second.field;
      origin.header = given->second.header;
    } else {
      origin.path = {column.name};
      origin.field = field_of_column(column.name);
    }
    if (!origin.field) continue;
    origin.is_object = origin.field == MessageField::kBody && is_compound(column.type);
    if (can_take(column.type, *origin.field)) continue;
    if (origin.is_given)
      return Error{ErrorKind::kConfiguration, "--column " + printable(column.name, 100) + ": " +
                                                  describe(given->second) + " is no value of a " +
                                                  printable(column.type.name, 100)};
    origin.field.reset();
  }
  return origins;
}

bool takes_any_body(const std::vector<ColumnOrigin>& origins) {
  return std::none_of(origins.begin(), origins.end(), is_filled_from_event) &&
         std::any_of(origins.begin(), origins.end(), [](const ColumnOrigin& origin) {
           return origin.field == MessageField::kBody;
         });
}

std::string describe(const ColumnOrigin& origin, bool takes_any_body) {
  if (!origin.field) return describe(ColumnSource{std::nullopt, "", origin.path});
  const std::string field = describe(ColumnSource{origin.field, origin.header, {}});
  const bool has_key = !origin.path.empty() && !takes_any_body;
  return has_key ? "key " + origin.path.front() + ", else " + field : field;
}

}  // namespace event_consumer
