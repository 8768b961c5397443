// Properties of a message for tests, encoded by rabbitmq-c.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "worker/amqp/properties.h"
#include "worker/amqp/reply.h"

namespace event_consumer::testing {

class EncodedProperties {
 public:
  // For whatever has no function of its own here; the flag is the caller's.
  amqp_basic_properties_t properties{};

  void set(amqp_flags_t flag, amqp_bytes_t amqp_basic_properties_t::*property,
           std::string_view text) {
    properties._flags |= flag;
    properties.*property = to_bytes(text);
  }

  // Adds a header of this kind (AMQP_FIELD_KIND_…), whose value `fill` sets.
  template <typename Fill>
  void header(const char* name, int kind, const Fill& fill) {
    amqp_table_entry_t entry{};
    entry.key = amqp_cstring_bytes(name);
    entry.value.kind = static_cast<std::uint8_t>(kind);
    fill(entry.value.value);
    headers_.push_back(entry);
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = {static_cast<int>(headers_.size()), headers_.data()};
  }
  void header(const char* name, std::string_view text) {
    header(name, AMQP_FIELD_KIND_UTF8, [&](auto& value) { value.bytes = to_bytes(text); });
  }

  std::string encoded() const { return encode_properties(properties); }

 private:
  std::vector<amqp_table_entry_t> headers_;
};

}  // namespace event_consumer::testing
