// The properties of a message that has one header, a number as RabbitMQ sends it.
#pragma once

#include <cstdint>
#include <string>

#include "worker/amqp/library.h"

namespace event_consumer {

inline std::string counted(const char* name, std::int64_t count) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = count;
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_HEADERS_FLAG;
  properties.headers = {1, &entry};
  std::string encoded(200, '\0');
  const int size =
      amqp_encode_properties(AMQP_BASIC_CLASS, &properties, {encoded.size(), encoded.data()});
  encoded.resize(static_cast<std::size_t>(size));
  return encoded;
}

}  // namespace event_consumer
