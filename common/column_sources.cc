#include "common/column_sources.h"

#include <algorithm>
#include <iterator>

#include "common/near_miss.h"
#include "common/text.h"

namespace event_consumer {
namespace {

struct FieldRow {
  MessageField field;
  std::string_view word;    // behind an «@»
  std::string_view column;  // filled from it by default; empty: none
  const char* description;
};

constexpr FieldRow kFields[] = {
    {MessageField::kBody, "body", "_raw_message", "the body"},
    {MessageField::kUnmatched, "unmatched", "_unmatched", "the keys that no column takes"},
    {MessageField::kEventIndex, "event_index", "_event_index", "the event's place in its message"},
    {MessageField::kExchange, "exchange", "_exchange_name", "the exchange"},
    {MessageField::kRoutingKey, "routing_key", "_routing_key", "the routing key"},
    {MessageField::kQueue, "queue", "_queue", "the queue"},
    {MessageField::kRedelivered, "redelivered", "_redelivered", "the flag redelivered"},
    {MessageField::kDeliveryCount, "delivery_count", "_delivery_count", "x-delivery-count"},
    {MessageField::kDeliveryTag, "delivery_tag", "_delivery_tag", "the delivery tag"},
    {MessageField::kReceivedAt, "received_at", "_received_at", "the time of its delivery"},
    {MessageField::kHeaders, "headers", "_headers", "the headers"},
    {MessageField::kHeader, "header", "", "a header"},
    {MessageField::kContentType, "content_type", "_content_type", "the property content_type"},
    {MessageField::kType, "type", "_type", "the property type"},
    {MessageField::kMessageId, "message_id", "_message_id", "the property message_id"},
    {MessageField::kTimestamp, "timestamp", "_timestamp", "the property timestamp"},
    {MessageField::kAppId, "app_id", "_app_id", "the property app_id"},
    {MessageField::kCorrelationId, "correlation_id", "_correlation_id",
     "the property correlation_id"},
    {MessageField::kReplyTo, "reply_to", "_reply_to", "the property reply_to"},
    {MessageField::kPriority, "priority", "_priority", "the property priority"},
    {MessageField::kUserId, "user_id", "_user_id", "the property user_id"},
};

constexpr std::string_view kHeaderPrefix = "@header.";
constexpr std::string_view kKeyPrefix = "@key.";

ParseError parse_path(const std::string& text, std::vector<std::string>& path) {
  std::string_view rest = text;
  while (true) {
    const std::size_t dot = rest.find('.');
    path.emplace_back(rest.substr(0, dot));
    if (path.back().empty())
      return "'" + printable(text, 100) + "' is no path, as user.id is; a key with dots in its " +
             "name is written @key.NAME";
    if (dot == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(dot + 1);
  }
}

ParseError parse_field(const std::string& text, ColumnSource& source) {
  for (const auto& [field, word, column, description] : kFields) {
    // By the name of the column, too.
    const bool is_it =
        text.substr(1) == word || (!column.empty() && text.substr(1) == column.substr(1));
    if (!is_it || field == MessageField::kHeader) continue;
    source.field = field;
    return std::nullopt;
  }
  std::vector<std::string> known = {std::string(kHeaderPrefix) + "NAME"};
  for (const FieldRow& row : kFields)
    if (row.field != MessageField::kHeader) known.push_back("@" + std::string(row.word));
  const std::string meant = did_you_mean(text, known);
  return printable(text, 100) + " is nothing that a message has" +
         (meant.empty() ? "; there are " + joined(known) : meant);
}

ParseError parse_source(const std::string& text, ColumnSource& source) {
  if (text.empty()) return "expected NAME=SOURCE, several separated by commas";
  if (text.front() != '@') return parse_path(text, source.path);
  if (starts_with(text, kKeyPrefix) && text.size() > kKeyPrefix.size()) {
    source.path = {text.substr(kKeyPrefix.size())};
    return std::nullopt;
  }
  if (!starts_with(text, kHeaderPrefix) || text.size() == kHeaderPrefix.size())
    return parse_field(text, source);
  source.field = MessageField::kHeader;
  source.header = text.substr(kHeaderPrefix.size());
  return std::nullopt;
}

}  // namespace

ParseError parse_column_sources(const std::string& text, ColumnSources& sources) {
  sources.clear();
  for (const std::string& item : parse_list(text)) {
    const std::size_t end = item.find('=');
    const std::string name = item.substr(0, end);
    if (end == std::string::npos || name.empty())
      return "expected NAME=SOURCE, several separated by commas";
    const bool is_twice = std::any_of(sources.begin(), sources.end(),
                                      [&](const auto& given) { return given.first == name; });
    if (is_twice) return "column " + printable(name, 100) + " is given twice";
    ColumnSource source;
    if (const auto wrong = parse_source(item.substr(end + 1), source)) return wrong;
    sources.emplace_back(name, std::move(source));
  }
  return std::nullopt;
}

std::optional<MessageField> field_of_column(std::string_view name) {
  if (name.empty()) return std::nullopt;
  for (const FieldRow& row : kFields)
    if (name == row.column) return row.field;
  return std::nullopt;
}

std::string describe(MessageField field) {
  const auto* const row = std::find_if(std::begin(kFields), std::end(kFields),
                                       [&](const FieldRow& each) { return each.field == field; });
  return row->description;
}

std::string describe(const ColumnSource& source) {
  if (source.field == MessageField::kHeader) return "header " + source.header;
  if (source.field) return describe(*source.field);
  std::string path;
  for (const std::string& key : source.path) path += (path.empty() ? "" : ".") + key;
  return (source.path.size() == 1 ? "key " : "path ") + path;
}

}  // namespace event_consumer
