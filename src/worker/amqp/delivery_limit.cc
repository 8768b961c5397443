#include "worker/amqp/delivery_limit.h"

#include <charconv>

#include "worker/amqp/properties.h"

namespace event_consumer {
namespace {

// Of a queue that sets none, from RabbitMQ 4.0 on (rabbit_quorum_queue.erl,
// DEFAULT_DELIVERY_LIMIT). Before, there was none.
constexpr std::uint64_t kDefaultLimit = 20;
constexpr int kFirstMajorWithDefault = 4;

// RabbitMQ increments a counter with each return and drops the message when the counter exceeds the
// limit (rabbit_fifo.erl, return_one). It is this counter that stands in the header, from the
// first redelivery on (rabbit_fifo_client.erl, add_delivery_count_header/2): up to 3.13 that of all
// returns; from 4.0 to 4.2 what is called acquired_count inside, of all returns as well; from 4.3
// on only of those for a consumer that died, as with a lost link or a channel that is closed, and
// not for a nack; x-acquired-count has all. Read in the sources of 3.10.8, 3.13.7, 4.0.5, 4.1.8,
// 4.2.9 and 4.3.5.
constexpr std::string_view kHeader = "x-delivery-count";

std::uint64_t to_count(const amqp_field_value_t& value) {
  const auto counted = [](std::int64_t count) {
    return count < 0 ? 0 : static_cast<std::uint64_t>(count);
  };
  switch (value.kind) {
    case AMQP_FIELD_KIND_I64:  // what RabbitMQ sends
      return counted(value.value.i64);
    case AMQP_FIELD_KIND_I32:
      return counted(value.value.i32);
    case AMQP_FIELD_KIND_I16:
      return counted(value.value.i16);
    case AMQP_FIELD_KIND_I8:
      return counted(value.value.i8);
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::uint64_t> delivery_limit(const DeliveryLimit& given,
                                            std::string_view server_version) {
  if (!given.is_auto) return given.limit;
  return major_version(server_version) < kFirstMajorWithDefault ? std::nullopt
                                                                : std::optional(kDefaultLimit);
}

int major_version(std::string_view server_version) {
  int major = 0;
  std::from_chars(server_version.data(), server_version.data() + server_version.size(), major);
  return major;
}

std::uint64_t returns_of(std::string_view properties) {
  // Decoding costs more, and hardly any message has come back.
  if (properties.find(kHeader) == std::string_view::npos) return 0;
  DecodedProperties decoded(properties);
  return returns_of(decoded.get());
}

std::uint64_t returns_of(const amqp_basic_properties_t& properties) {
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return 0;
  const amqp_table_t& headers = properties.headers;
  for (int i = 0; i < headers.num_entries; ++i)
    if (to_view(headers.entries[i].key) == kHeader) return to_count(headers.entries[i].value);
  return 0;
}

}  // namespace event_consumer
