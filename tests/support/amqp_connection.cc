#include "tests/support/amqp_connection.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

#include "tests/support/amqp_words.h"

namespace event_consumer::testing {

namespace {

constexpr int kFrameMaxBytes = 131072;
// How often a publisher looks whether the broker has something to say; often enough for the
// confirms not to fill the buffers, seldom enough to cost nothing.
constexpr std::uint64_t kPublishesPerLook = 256;

timeval to_timeval(Duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return {static_cast<time_t>(us / 1000000), static_cast<suseconds_t>(us % 1000000)};
}

// A header `odd` of any kind; compound ones are nested. RabbitMQ takes no NaN and no infinity.
class OddHeader {
 public:
  explicit OddHeader(char kind) {
    amqp_field_value_t value{};
    value.kind = static_cast<std::uint8_t>(kind);
    if (kind == 'S' || kind == 'x') {
      value.value.bytes = bytes(std::string_view("\xff\0\n'", 4));
    } else if (kind == 'f') {
      value.value.f32 = std::numeric_limits<float>::denorm_min();
    } else if (kind == 'd') {
      value.value.f64 = std::numeric_limits<double>::max();
    } else if (kind == 'D') {
      value.value.decimal = {255, 0xFFFFFFFF};
    } else if (kind == 'A' || kind == 'F') {
      for (std::size_t i = 0; i < nested_.size(); ++i) nest(kind, i);
      value = kind == 'A' ? elements_.back() : nested_.back().value;
    } else if (kind != 'V') {
      value.value.u64 = 0xFFFFFFFFFFFFFFFF;
      if (kind == 't') value.value.boolean = 1;
    }
    entry_ = {bytes("odd"), value};
  }

  const amqp_table_entry_t& entry() const { return entry_; }

 private:
  void nest(char kind, std::size_t depth) {
    amqp_field_value_t outer{};
    outer.kind = static_cast<std::uint8_t>(kind);
    if (kind == 'A') {
      outer.value.array = {depth == 0 ? 0 : 1, depth == 0 ? nullptr : &elements_[depth - 1]};
      elements_[depth] = outer;
    } else {
      outer.value.table = {depth == 0 ? 0 : 1, depth == 0 ? nullptr : &nested_[depth - 1]};
      nested_[depth] = {bytes("inner"), outer};
    }
  }

  static constexpr std::size_t kDepth = 50;
  std::array<amqp_field_value_t, kDepth> elements_{};
  std::array<amqp_table_entry_t, kDepth> nested_{};
  amqp_table_entry_t entry_{};
};

}  // namespace

AmqpClient::Connection::Connection(const std::string& url) : state_(amqp_new_connection()) {
  try {
    log_in(url);
  } catch (...) {
    amqp_destroy_connection(state_);
    throw;
  }
}

AmqpClient::Connection::~Connection() {
  // Without the closing handshake what was sent last may be lost; it must not block for long when
  // the broker is stopped or paused.
  const timeval limit = to_timeval(std::chrono::seconds(2));
  amqp_set_rpc_timeout(state_, &limit);
  amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(state_);
}

void AmqpClient::Connection::log_in(const std::string& url) {
  std::string parsed_url = url;  // amqp_parse_url writes into it and refers to it
  amqp_connection_info info{};
  if (amqp_parse_url(parsed_url.data(), &info) != AMQP_STATUS_OK) {
    throw std::runtime_error("not an AMQP URL: " + url);
  }
  const char* vhost = *info.vhost ? info.vhost : "/";
  const timeval limit = to_timeval(std::chrono::seconds(10));
  amqp_socket_t* socket = amqp_tcp_socket_new(state_);
  const int status = amqp_socket_open_noblock(socket, info.host, info.port, &limit);
  if (status != AMQP_STATUS_OK) {
    throw std::runtime_error("connecting to RabbitMQ: " + std::string(amqp_error_string2(status)));
  }
  amqp_set_handshake_timeout(state_, &limit);
  const amqp_rpc_reply_t reply =
      amqp_login(state_, vhost, AMQP_DEFAULT_MAX_CHANNELS, kFrameMaxBytes, /*heartbeat=*/0,
                 AMQP_SASL_METHOD_PLAIN, info.user, info.password);
  throw_unless_success(reply, "logging in to RabbitMQ");
  for (const amqp_channel_t channel : {kMainChannel, kGetChannel}) {
    amqp_channel_open(state_, channel);
    expect_success("opening a channel");
  }
}

void AmqpClient::Connection::expect_success(const std::string& what) {
  throw_unless_success(amqp_get_rpc_reply(state_), what);
  amqp_maybe_release_buffers(state_);
}

void AmqpClient::Connection::expect_sent(int status) {
  if (status == AMQP_STATUS_OK) return;
  throw std::runtime_error("sending to RabbitMQ: " + std::string(amqp_error_string2(status)));
}

void AmqpClient::Connection::publish(const std::string& exchange, const std::string& routing_key,
                                     std::string_view body, const MessageProperties& properties) {
  Table headers(properties.headers);
  OddHeader odd(properties.odd_header);
  if (properties.odd_header != 0) headers.add(odd.entry());
  amqp_basic_properties_t encoded{};
  encoded._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  encoded.content_type = bytes(properties.content_type);
  encoded.delivery_mode = static_cast<std::uint8_t>(properties.delivery_mode);
  const auto set = [&](amqp_flags_t flag, amqp_bytes_t& place, const std::string& text) {
    if (text.empty()) return;
    encoded._flags |= flag;
    place = bytes(text);
  };
  set(AMQP_BASIC_CONTENT_ENCODING_FLAG, encoded.content_encoding, properties.content_encoding);
  set(AMQP_BASIC_MESSAGE_ID_FLAG, encoded.message_id, properties.message_id);
  set(AMQP_BASIC_CORRELATION_ID_FLAG, encoded.correlation_id, properties.correlation_id);
  set(AMQP_BASIC_REPLY_TO_FLAG, encoded.reply_to, properties.reply_to);
  set(AMQP_BASIC_TYPE_FLAG, encoded.type, properties.type);
  set(AMQP_BASIC_USER_ID_FLAG, encoded.user_id, properties.user_id);
  set(AMQP_BASIC_APP_ID_FLAG, encoded.app_id, properties.app_id);
  if (properties.priority >= 0) {
    encoded._flags |= AMQP_BASIC_PRIORITY_FLAG;
    encoded.priority = static_cast<std::uint8_t>(properties.priority);
  }
  if (properties.timestamp > 0) {
    encoded._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
    encoded.timestamp = properties.timestamp;
  }
  if (headers.get().num_entries > 0) {
    encoded._flags |= AMQP_BASIC_HEADERS_FLAG;
    encoded.headers = headers.get();
  }
  expect_sent(amqp_basic_publish(state_, kMainChannel, bytes(exchange), bytes(routing_key),
                                 properties.mandatory ? 1 : 0, /*immediate=*/0, &encoded,
                                 bytes(body)));
  ++published_;
  if (confirms_) unconfirmed_.insert(unconfirmed_.end(), published_);
  if (published_ % kPublishesPerLook != 0) return;
  while (handle_frame(Duration::zero())) continue;
}

void AmqpClient::Connection::enable_confirms() {
  amqp_confirm_select(state_, kMainChannel);
  expect_success("enabling publisher confirms");
  confirms_ = true;
  published_ = 0;
}

bool AmqpClient::Connection::wait_for_confirms(Duration timeout) {
  const TimePoint deadline = Clock::now() + timeout;
  while (!unconfirmed_.empty()) {
    const TimePoint now = Clock::now();
    if (now >= deadline) return false;
    handle_frame(deadline - now);
  }
  return true;
}

bool AmqpClient::Connection::handle_frame(Duration timeout) {
  amqp_frame_t frame;
  const timeval limit = to_timeval(timeout);
  const int status = amqp_simple_wait_frame_noblock(state_, &frame, &limit);
  if (status == AMQP_STATUS_TIMEOUT) return false;
  if (status != AMQP_STATUS_OK) {
    throw std::runtime_error("reading from RabbitMQ: " + std::string(amqp_error_string2(status)));
  }
  if (frame.frame_type != AMQP_FRAME_METHOD) return true;
  const amqp_method_t& method = frame.payload.method;
  if (method.id == AMQP_BASIC_ACK_METHOD) {
    const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
    handle_confirm(ack->delivery_tag, ack->multiple);
  } else if (method.id == AMQP_BASIC_NACK_METHOD) {
    throw std::runtime_error("RabbitMQ refused a published message (basic.nack)");
  } else {
    throw std::runtime_error("RabbitMQ closed the publisher: " + describe(method));
  }
  amqp_maybe_release_buffers(state_);
  return true;
}

void AmqpClient::Connection::handle_confirm(std::uint64_t tag, bool multiple) {
  if (multiple) {
    unconfirmed_.erase(unconfirmed_.begin(), unconfirmed_.upper_bound(tag));
  } else {
    unconfirmed_.erase(tag);
  }
}

std::optional<Message> AmqpClient::Connection::get(const std::string& queue, bool auto_ack) {
  const amqp_rpc_reply_t reply = amqp_basic_get(state_, kGetChannel, bytes(queue), auto_ack);
  throw_unless_success(reply, "getting from queue " + queue);
  if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return std::nullopt;
  const auto* header = static_cast<const amqp_basic_get_ok_t*>(reply.reply.decoded);
  Message message;
  message.redelivered = header->redelivered;
  message.delivery_tag = header->delivery_tag;
  amqp_message_t content;
  throw_unless_success(amqp_read_message(state_, kGetChannel, &content, 0), "reading a message");
  message.body = text(content.body);
  message.properties = decode(content.properties);
  amqp_destroy_message(&content);
  amqp_maybe_release_buffers(state_);
  return message;
}

amqp_queue_declare_ok_t AmqpClient::Connection::declare_passively(const std::string& queue) {
  const amqp_queue_declare_ok_t* answer = amqp_queue_declare(
      state_, kMainChannel, bytes(queue), /*passive=*/1, 0, 0, 0, amqp_empty_table);
  const amqp_queue_declare_ok_t counts = answer ? *answer : amqp_queue_declare_ok_t{};
  expect_success("looking at queue " + queue);
  return counts;
}

bool AmqpClient::Connection::queue_exists(const std::string& queue) {
  amqp_channel_open(state_, kProbeChannel);
  expect_success("opening a channel");
  amqp_queue_declare(state_, kProbeChannel, bytes(queue), /*passive=*/1, 0, 0, 0, amqp_empty_table);
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(state_);
  const bool exists = reply.reply_type == AMQP_RESPONSE_NORMAL;
  if (reply_code(reply) == AMQP_NOT_FOUND) {
    // The error has closed the channel at the broker, which waits for this answer.
    amqp_channel_close_ok_t close_ok{};
    expect_sent(amqp_send_method(state_, kProbeChannel, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok));
  } else {
    throw_unless_success(reply, "looking at queue " + queue);
    amqp_channel_close(state_, kProbeChannel, AMQP_REPLY_SUCCESS);
  }
  amqp_maybe_release_buffers(state_);
  return exists;
}

}  // namespace event_consumer::testing
