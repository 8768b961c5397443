// Frames as rabbitmq-c hands them out: views of what they are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "worker/amqp/reply.h"

namespace event_consumer {

inline amqp_frame_t method_frame(amqp_method_number_t id, void* decoded = nullptr,
                                 amqp_channel_t channel = 1) {
  amqp_frame_t frame{};
  frame.frame_type = AMQP_FRAME_METHOD;
  frame.channel = channel;
  frame.payload.method = {id, decoded};
  return frame;
}

inline amqp_frame_t header_frame(std::uint64_t body_size, std::string_view properties = {}) {
  amqp_frame_t frame{};
  frame.frame_type = AMQP_FRAME_HEADER;
  frame.channel = 1;
  frame.payload.properties.class_id = AMQP_BASIC_CLASS;
  frame.payload.properties.body_size = body_size;
  frame.payload.properties.raw = to_bytes(properties);
  return frame;
}

// Properties with one header of so many bytes.
class LongHeader {
 public:
  explicit LongHeader(std::size_t bytes) : value_(bytes, 'x') {
    entry_.key = amqp_cstring_bytes("key");
    entry_.value.kind = AMQP_FIELD_KIND_UTF8;
    entry_.value.value.bytes = to_bytes(value_);
    properties._flags = AMQP_BASIC_HEADERS_FLAG;
    properties.headers = {1, &entry_};
  }
  LongHeader(const LongHeader&) = delete;
  LongHeader& operator=(const LongHeader&) = delete;

  amqp_basic_properties_t properties{};

 private:
  std::string value_;
  amqp_table_entry_t entry_{};
};

inline amqp_frame_t body_frame(std::string_view piece) {
  amqp_frame_t frame{};
  frame.frame_type = AMQP_FRAME_BODY;
  frame.channel = 1;
  frame.payload.body_fragment = to_bytes(piece);
  return frame;
}

}  // namespace event_consumer
