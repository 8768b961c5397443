#include "worker/amqp/connection.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr timeval kConnectTimeout{10, 0};
constexpr timeval kReplyTimeout{10, 0};

// RabbitMQ 4.1 refuses less than 8192; 131072 is what all its versions propose themselves.
constexpr int kFrameMax = 131072;

amqp_table_entry_t text_entry(const char* key, std::string_view text) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = to_bytes(text);
  return entry;
}

amqp_table_entry_t yes_entry(const char* key) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = 1;
  return entry;
}

}  // namespace

Result<AmqpConnection> AmqpConnection::open(const AmqpUrl& url, const std::string& name) {
  AmqpConnection connection(State(amqp_new_connection()), url);
  amqp_connection_state_t state = connection.state();
  amqp_socket_t* socket = state == nullptr ? nullptr : amqp_tcp_socket_new(state);
  if (socket == nullptr) return Error{ExitCode::kInternal, "out of memory for a connection"};

  const std::string connecting = "cannot connect to " + connection.describe();
  errno = 0;
  const int status = amqp_socket_open_noblock(socket, url.host.c_str(), url.port, &kConnectTimeout);
  if (status != AMQP_STATUS_OK) {
    // The library waits for the connection, and forgets why there is none.
    const bool has_errno = status == AMQP_STATUS_SOCKET_ERROR && errno > 0;
    const std::string reason = !has_errno             ? amqp_error_string2(status)
                               : errno == EINPROGRESS ? "connection refused or host unreachable"
                                                      : std::strerror(errno);
    return Error{ExitCode::kUnavailable, connecting + ": " + reason};
  }
  amqp_set_handshake_timeout(state, &kReplyTimeout);
  amqp_set_rpc_timeout(state, &kReplyTimeout);
  if (auto done = connection.log_in(name); !done) return done.error();
  return connection;
}

Result<Done> AmqpConnection::log_in(const std::string& name) {
  // Without consumer_cancel_notify a deleted queue would look like silence for ever.
  amqp_table_entry_t capabilities[] = {
      yes_entry("consumer_cancel_notify"),
      yes_entry("publisher_confirms"),
      yes_entry("authentication_failure_close"),
  };
  amqp_table_entry_t properties[2] = {text_entry("connection_name", name), {}};
  properties[1].key = amqp_cstring_bytes("capabilities");
  properties[1].value.kind = AMQP_FIELD_KIND_TABLE;
  properties[1].value.value.table = {3, capabilities};
  const amqp_table_t client_properties{2, properties};

  const auto reply = amqp_login_with_properties(
      state(), url_.virtual_host.c_str(), AMQP_DEFAULT_MAX_CHANNELS, kFrameMax,
      static_cast<int>(url_.heartbeat.count()), &client_properties, AMQP_SASL_METHOD_PLAIN,
      url_.user.c_str(), url_.password.c_str());
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return Done{};
  return to_error("cannot log in to " + describe() + " as user " + url_.user, reply,
                  ExitCode::kUnavailable);
}

Result<Done> AmqpConnection::open_channel(amqp_channel_t channel) {
  amqp_channel_open(state(), channel);
  return check("cannot open a channel on " + describe(), amqp_get_rpc_reply(state()),
               ExitCode::kUnavailable, channel);
}

int AmqpConnection::fd() const { return amqp_get_sockfd(state_.get()); }

Result<std::optional<amqp_frame_t>> AmqpConnection::next_frame() {
  amqp_frame_t frame;
  timeval now{0, 0};
  const int status = amqp_simple_wait_frame_noblock(state(), &frame, &now);
  if (status == AMQP_STATUS_OK) return std::optional(frame);
  if (status == AMQP_STATUS_TIMEOUT) return std::optional<amqp_frame_t>();
  return to_error("lost the connection to " + describe(), status, ExitCode::kLinkLost);
}

void AmqpConnection::release() { amqp_maybe_release_buffers(state()); }

Result<Done> AmqpConnection::send(amqp_channel_t channel, amqp_method_number_t method,
                                  void* decoded) {
  const int status = amqp_send_method(state(), channel, method, decoded);
  if (status == AMQP_STATUS_OK) return Done{};
  return to_error("lost the connection to " + describe(), status, ExitCode::kLinkLost);
}

Result<Done> AmqpConnection::check(const std::string& doing, const amqp_rpc_reply_t& reply,
                                   ExitCode otherwise, amqp_channel_t channel) {
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return Done{};
  const Error error = to_error(doing, reply, otherwise);
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
      reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    amqp_channel_close_ok_t close_ok{};
    send(channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok).ok();
  }
  return error;
}

void AmqpConnection::close() { amqp_connection_close(state(), AMQP_REPLY_SUCCESS); }

}  // namespace event_consumer
