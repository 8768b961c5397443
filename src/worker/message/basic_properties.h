// The properties of a message as views of its content header (AMQP 0-9-1, section 4.2.6.1), and its
// headers as values of JSON. Reads what publishers have sent: whatever bytes stand there.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "worker/encode/json_value.h"

namespace event_consumer {

struct BasicProperties {
  std::optional<std::string_view> content_type;
  std::optional<std::string_view> content_encoding;
  std::optional<std::string_view> headers;  // the table as it is encoded, without its length
  std::optional<std::uint8_t> delivery_mode;
  std::optional<std::uint8_t> priority;
  std::optional<std::string_view> correlation_id;
  std::optional<std::string_view> reply_to;
  std::optional<std::string_view> expiration;
  std::optional<std::string_view> message_id;
  std::optional<std::uint64_t> timestamp;  // seconds since 1970
  std::optional<std::string_view> type;
  std::optional<std::string_view> user_id;
  std::optional<std::string_view> app_id;
};

// None at all when `encoded`, which must outlive them, cannot be decoded.
BasicProperties read_basic_properties(std::string_view encoded);

// Both take BasicProperties::headers and put texts that do not stand there as they are into
// `texts`, which must outlive the value. A table that cannot be decoded, or is nested deeper than
// an event may be (kMaximumDepth), has no headers. Of a doubled name the last counts. Kinds of
// values that JSON has not: infinite numbers are strings, points in time numbers of seconds.

// The header of this name; absent where there is none.
JsonValue find_header(std::string_view headers, std::string_view name,
                      std::deque<std::string>& texts);

// All of them, as an object.
JsonValue headers_object(std::string_view headers, std::deque<std::string>& texts);

}  // namespace event_consumer
