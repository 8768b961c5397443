// Where columns get their values from that are not to take the key of their own name (--column):
// how that is written. And what of a message fills a column that is called after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/option_parsers.h"

namespace event_consumer {

// What there is of a message beside the keys of its event.
enum class MessageField : std::uint8_t {
  kBody,           // decompressed
  kUnmatched,      // the keys of the event that no column takes, with their values
  kEventIndex,     // the place of the event among those of its message
  kExchange,       // that the message was published to
  kRoutingKey,     // … with this key
  kQueue,          // that it was taken from
  kRedelivered,    // by the broker's word
  kDeliveryCount,  // how often it came back to a quorum queue
  kDeliveryTag,    // its number on the channel
  kReceivedAt,     // when the worker took it
  kHeaders,        // all of them
  kHeader,         // the one of a name
  kContentType,    // from here on properties, which a message can lack
  kType,
  kMessageId,
  kTimestamp,
  kAppId,
  kCorrelationId,
  kReplyTo,
  kPriority,
  kUserId,
};

struct ColumnSource {
  std::optional<MessageField> field;
  std::string header;             // the name of the one that kHeader means
  std::vector<std::string> path;  // without a field: keys, from the event inwards; at least one
};

// For people: «key id», «path user.id», «header x-tenant», «the routing key».
std::string describe(const ColumnSource& source);
std::string describe(MessageField field);

using ColumnSources = std::vector<std::pair<std::string, ColumnSource>>;  // by the column's name

// Reads «NAME=SOURCE», several separated by commas: a path («user.id», «items.0.price»),
// «@key.NAME» for a key with dots in its name, «@header.NAME», or «@» and the word for a field.
// Returns what is wrong, or nothing: an item that is none, a word that is none, or a column that is
// given twice.
ParseError parse_column_sources(const std::string& text, ColumnSources& sources);

// What a column of this name takes of the message where the event has no key of the name, as
// «_routing_key»; nothing for other names. The names are those of the virtual columns of
// ClickHouse's engine RabbitMQ where it has one (StorageRabbitMQ::createVirtuals in its source).
std::optional<MessageField> field_of_column(std::string_view name);

}  // namespace event_consumer
