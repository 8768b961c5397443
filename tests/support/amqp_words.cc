#include "tests/support/amqp_words.h"

#include <stdexcept>

namespace event_consumer::testing {

namespace {

amqp_table_entry_t entry(const std::string& key, bool value) {
  amqp_table_entry_t entry{};
  entry.key = bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = value;
  return entry;
}

amqp_table_entry_t entry(const std::string& key, const std::string& value) {
  amqp_table_entry_t entry{};
  entry.key = bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = bytes(value);
  return entry;
}

amqp_table_entry_t entry(const std::string& key, std::int64_t value) {
  amqp_table_entry_t entry{};
  entry.key = bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = value;
  return entry;
}

std::string describe(const amqp_field_value_t& field) {
  switch (field.kind) {
    case AMQP_FIELD_KIND_UTF8:
    case AMQP_FIELD_KIND_BYTES:
      return std::string(text(field.value.bytes));
    case AMQP_FIELD_KIND_BOOLEAN:
      return field.value.boolean ? "1" : "0";
    case AMQP_FIELD_KIND_I8:
      return std::to_string(field.value.i8);
    case AMQP_FIELD_KIND_U8:
      return std::to_string(field.value.u8);
    case AMQP_FIELD_KIND_I16:
      return std::to_string(field.value.i16);
    case AMQP_FIELD_KIND_U16:
      return std::to_string(field.value.u16);
    case AMQP_FIELD_KIND_I32:
      return std::to_string(field.value.i32);
    case AMQP_FIELD_KIND_U32:
      return std::to_string(field.value.u32);
    case AMQP_FIELD_KIND_I64:
      return std::to_string(field.value.i64);
    case AMQP_FIELD_KIND_U64:
    case AMQP_FIELD_KIND_TIMESTAMP:
      return std::to_string(field.value.u64);
    default:
      return std::string("(kind ") + static_cast<char>(field.kind) + ')';
  }
}

}  // namespace

Table::Table(const QueueArguments& arguments) {
  for (const auto& [key, value] : arguments) {
    std::visit([&, &name = key](const auto& v) { entries_.push_back(entry(name, v)); }, value);
  }
}

Table::Table(const std::map<std::string, std::string>& headers) {
  for (const auto& [key, value] : headers) entries_.push_back(entry(key, value));
}

amqp_table_t Table::get() const {
  return {static_cast<int>(entries_.size()), const_cast<amqp_table_entry_t*>(entries_.data())};
}

std::string describe(const amqp_method_t& method) {
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto* close = static_cast<const amqp_channel_close_t*>(method.decoded);
    return std::to_string(close->reply_code) + ' ' + std::string(text(close->reply_text));
  }
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto* close = static_cast<const amqp_connection_close_t*>(method.decoded);
    return std::to_string(close->reply_code) + ' ' + std::string(text(close->reply_text));
  }
  return amqp_method_name(method.id);
}

void throw_unless_success(const amqp_rpc_reply_t& reply, const std::string& what) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return;
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      throw std::runtime_error(what + ": " + describe(reply.reply));
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      throw std::runtime_error(what + ": " + amqp_error_string2(reply.library_error));
    case AMQP_RESPONSE_NONE:
      break;
  }
  throw std::runtime_error(what + ": no answer");
}

int reply_code(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) return 0;
  if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    return static_cast<const amqp_channel_close_t*>(reply.reply.decoded)->reply_code;
  }
  if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
    return static_cast<const amqp_connection_close_t*>(reply.reply.decoded)->reply_code;
  }
  return 0;
}

MessageProperties decode(const amqp_basic_properties_t& properties) {
  MessageProperties decoded;
  const auto has = [&](amqp_flags_t flag) { return (properties._flags & flag) != 0; };
  decoded.content_type =
      has(AMQP_BASIC_CONTENT_TYPE_FLAG) ? std::string(text(properties.content_type)) : "";
  decoded.content_encoding =
      has(AMQP_BASIC_CONTENT_ENCODING_FLAG) ? std::string(text(properties.content_encoding)) : "";
  decoded.delivery_mode = has(AMQP_BASIC_DELIVERY_MODE_FLAG) ? properties.delivery_mode : 0;
  if (has(AMQP_BASIC_MESSAGE_ID_FLAG)) decoded.message_id = text(properties.message_id);
  if (!has(AMQP_BASIC_HEADERS_FLAG)) return decoded;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const amqp_table_entry_t& header = properties.headers.entries[i];
    decoded.headers[std::string(text(header.key))] = describe(header.value);
  }
  return decoded;
}

}  // namespace event_consumer::testing
