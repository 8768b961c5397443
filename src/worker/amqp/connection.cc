#include "worker/amqp/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/log.h"
#include "common/log_limiter.h"
#include "worker/amqp/reply.h"
#include "worker/host_name.h"
#include "worker/tls.h"

namespace event_consumer {
namespace {

constexpr timeval kConnectTimeout{10, 0};
constexpr timeval kReplyTimeout{10, 0};
constexpr timeval kCloseTimeout{0, 500'000};

// No broker asks for less (frame-min-size, AMQP 0-9-1).
constexpr std::size_t kFrameMin = 4096;

// What a frame takes in the socket's buffer beside its bytes: the kernel's bookkeeping, TLS's, and
// the heartbeats that rabbitmq-c sends by itself.
constexpr std::size_t kFrameOverhead = 8192;

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

amqp_frame_t method_frame(amqp_channel_t channel, amqp_method_number_t id, void* decoded) {
  amqp_frame_t frame{};
  frame.frame_type = AMQP_FRAME_METHOD;
  frame.channel = channel;
  frame.payload.method = {id, decoded};
  return frame;
}

Error no_memory() { return {ErrorKind::kInternal, "out of memory for a connection"}; }

// Never waits without a limit, and leaves a descriptor that does not block.
int open_socket(amqp_socket_t* socket, const AmqpUrl& url) {
  errno = 0;
  return amqp_socket_open_noblock(socket, url.host.c_str(), url.port, &kConnectTimeout);
}

// Only right behind open_socket().
Error not_connected(const std::string& connecting, int status) {
  // The library waits for the connection, and forgets why there is none.
  const bool has_errno = status == AMQP_STATUS_SOCKET_ERROR && errno > 0;
  const std::string reason = !has_errno             ? amqp_error_string2(status)
                             : errno == EINPROGRESS ? "connection refused or host unreachable"
                                                    : std::strerror(errno);
  return {ErrorKind::kUnreachable, connecting + ": " + reason};
}

}  // namespace

Result<AmqpConnection> AmqpConnection::open(const AmqpUrl& url, const std::string& name) {
  AmqpConnection connection(State(amqp_new_connection()), url);
  amqp_connection_state_t state = connection.state();
  if (state == nullptr) return no_memory();
  if (!look_up(url.host))
    return Error{ErrorKind::kUnreachable,
                 "cannot connect to " + connection.describe() + ": " + kNotResolved};
  auto connected = url.tls ? connection.connect_tls() : connection.connect_plain();
  if (!connected) return connected.error();
  amqp_set_handshake_timeout(state, &kReplyTimeout);
  amqp_set_rpc_timeout(state, &kReplyTimeout);
  if (auto done = connection.log_in(name); !done) return done.error();
  connection.make_room();
  return connection;
}

Result<AmqpConnection> AmqpConnection::open_first(const std::vector<AmqpUrl>& urls,
                                                  const std::string& name) {
  // For all connections of the process: those that are lost together are made anew together.
  static LogLimiter log_limiter;
  bool may_pass = false;
  for (std::size_t i = 0;; ++i) {
    auto connection = open(urls[i], name);
    if (connection) return connection;
    Error error = connection.error();
    may_pass = may_pass || error.kind != ErrorKind::kConfiguration;
    if (i + 1 == urls.size()) {
      if (may_pass && error.kind == ErrorKind::kConfiguration) error.kind = ErrorKind::kUnavailable;
      return error;
    }
    const std::string next = error.message + "; trying " + urls[i + 1].describe();
    if (log_limiter.is_news(next, Clock::now())) log::warn("{}", next);
  }
}

Result<Done> AmqpConnection::connect_plain() {
  amqp_socket_t* socket = amqp_tcp_socket_new(state());
  if (socket == nullptr) return no_memory();
  const int status = open_socket(socket, url_);
  if (status == AMQP_STATUS_OK) return Done{};
  return not_connected("cannot connect to " + describe(), status);
}

Result<Done> AmqpConnection::connect_tls() {
  const std::string connecting = "cannot connect to " + describe() + " with TLS";
  amqp_socket_t* socket = amqp_ssl_socket_new(state());
  if (socket == nullptr) return no_memory();
  // OpenSSL checks the name in the handshake; the library's own check knows no IP addresses.
  amqp_ssl_socket_set_verify_peer(socket, 1);
  amqp_ssl_socket_set_verify_hostname(socket, 0);
  auto* context = static_cast<ssl_ctx_st*>(amqp_ssl_socket_get_context(socket));
  const TlsPeer peer = tls_peer();
  if (auto done = demand_verified_peer(context, peer); !done)
    return Error{done.error().kind, connecting + ": " + done.error().message};

  const VerificationWatch verification(context);
  const int status = open_socket(socket, url_);
  switch (status) {
    case AMQP_STATUS_OK:
      first_to_expire_ = verification.first_to_expire();
      return Done{};
    case AMQP_STATUS_SSL_ERROR:
    case AMQP_STATUS_SSL_CONNECTION_FAILED:
    case AMQP_STATUS_SSL_PEER_VERIFY_FAILED: {
      Error error = handshake_error(connecting, peer, verification.result());
      if (error.kind == ErrorKind::kUnavailable) error.kind = ErrorKind::kUnreachable;
      return error;
    }
    default:
      return not_connected(connecting, status);
  }
}

TlsPeer AmqpConnection::tls_peer() const {
  return {url_.host, with_trusted_ca(url_.tls_files), "--rabbitmq"};
}

Result<Done> AmqpConnection::log_in(const std::string& name) {
  // Without consumer_cancel_notify a deleted queue would look like silence for ever.
  amqp_table_entry_t capabilities[] = {
      yes_entry("consumer_cancel_notify"),
      yes_entry("publisher_confirms"),
      yes_entry("authentication_failure_close"),
      yes_entry("connection.blocked"),
  };
  amqp_table_entry_t properties[2] = {text_entry("connection_name", name), {}};
  properties[1].key = amqp_cstring_bytes("capabilities");
  properties[1].value.kind = AMQP_FIELD_KIND_TABLE;
  properties[1].value.value.table = {static_cast<int>(std::size(capabilities)), capabilities};
  const amqp_table_t client_properties{2, properties};

  const auto login = [&](auto... method_and_secrets) {
    return amqp_login_with_properties(state(), url_.virtual_host.c_str(), AMQP_DEFAULT_MAX_CHANNELS,
                                      kFrameMax, static_cast<int>(url_.heartbeat.count()),
                                      &client_properties, method_and_secrets...);
  };
  // Whom the certificate names is the broker's to say, which does not read the identity that we
  // send (rabbit_auth_mechanism_ssl); of an empty one the library makes a lack of memory.
  const auto reply = url_.external
                         ? login(AMQP_SASL_METHOD_EXTERNAL, "-")
                         : login(AMQP_SASL_METHOD_PLAIN, url_.user.c_str(), url_.password.c_str());
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return Done{};
  const std::string logging_in = "cannot log in to " + describe() + " as " + url_.describe_user();
  if (url_.tls)
    if (auto refused = certificate_refusal(logging_in, tls_peer())) return *refused;
  Error error = to_error(logging_in, reply, ErrorKind::kUnavailable);
  // What a TLS port makes of a client that does not speak TLS.
  if (!url_.tls && reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
    error.message += "; if this is its TLS port, the URL must begin with amqps://";
  return error;
}

// Linux calls a socket writable when a third of its buffer is free (sk_stream_is_writeable()): the
// longest frame is to fit that third, and would twice. Linux doubles the size that is asked for,
// and may grant less (net.core.wmem_max). Its limit on what is not sent yet, which can be set for
// a whole machine, goes.
void AmqpConnection::make_room() {
  int size = static_cast<int>(3 * (kFrameMax + kFrameOverhead));
  setsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  const int no_limit = INT_MAX;
  setsockopt(fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &no_limit, sizeof no_limit);
  socklen_t length = sizeof size;
  getsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &size, &length);
  const auto room = static_cast<std::size_t>(size) / 3;
  const auto agreed = static_cast<std::size_t>(amqp_get_frame_max(state()));
  largest_frame_ = std::clamp(room - std::min(room, kFrameOverhead), kFrameMin, agreed);
}

Result<Done> AmqpConnection::open_channel(amqp_channel_t channel) {
  amqp_channel_open(state(), channel);
  return check("cannot open a channel on " + describe(), amqp_get_rpc_reply(state()), channel);
}

std::string AmqpConnection::server_version() const {
  const amqp_table_t* properties = amqp_get_server_properties(state_.get());
  for (int i = 0; i < properties->num_entries; ++i) {
    const amqp_table_entry_t& entry = properties->entries[i];
    if (to_view(entry.key) == "version" && entry.value.kind == AMQP_FIELD_KIND_UTF8)
      return std::string(to_view(entry.value.value.bytes));
  }
  return "";
}

// The broker may want heartbeats more often than we have proposed (its `heartbeat`), or none.
Duration AmqpConnection::heartbeat_period() const {
  const std::chrono::seconds agreed(amqp_get_heartbeat(state_.get()));
  return Duration(agreed.count() > 0 ? agreed : url_.heartbeat) / 4;
}

int AmqpConnection::fd() const { return amqp_get_sockfd(state_.get()); }

Result<std::optional<amqp_frame_t>> AmqpConnection::next_frame() {
  amqp_frame_t frame;
  timeval now{0, 0};
  const int status = amqp_simple_wait_frame_noblock(state(), &frame, &now);
  if (status == AMQP_STATUS_OK) return std::optional(frame);
  if (status == AMQP_STATUS_TIMEOUT) return std::optional<amqp_frame_t>();
  return to_error("lost the connection to " + describe(), status, ErrorKind::kLinkLost);
}

void AmqpConnection::release() { amqp_maybe_release_buffers(state()); }

Result<Done> AmqpConnection::send(amqp_channel_t channel, amqp_method_number_t method,
                                  void* decoded) {
  if (has_room()) return send_frame(method_frame(channel, method, decoded));
  std::array<char, kFrameMin> arguments;
  const int length = amqp_encode_method(method, decoded, {arguments.size(), arguments.data()});
  if (length < 0) return to_error(describe(), length, ErrorKind::kInternal);
  waiting_.push_back({channel, method, {arguments.data(), static_cast<std::size_t>(length)}});
  return Done{};
}

Result<Done> AmqpConnection::send_waiting() {
  while (is_sending() && is_writable()) {
    const auto [channel, id, arguments] = std::move(waiting_.front());
    waiting_.pop_front();
    amqp_pool_t pool;
    init_amqp_pool(&pool, kFrameMin);
    void* decoded = nullptr;
    const int status = amqp_decode_method(id, &pool, to_bytes(arguments), &decoded);
    auto done = status < 0 ? to_error(describe(), status, ErrorKind::kInternal)
                           : send_frame(method_frame(channel, id, decoded));
    empty_amqp_pool(&pool);
    if (!done) return done;
  }
  return Done{};
}

Result<Done> AmqpConnection::send_frame(const amqp_frame_t& frame) {
  const int status = amqp_send_frame(state(), &frame);
  if (status == AMQP_STATUS_OK) return Done{};
  return to_error("lost the connection to " + describe(), status, ErrorKind::kLinkLost);
}

bool AmqpConnection::is_writable() const {
  pollfd socket{fd(), POLLOUT, 0};
  return poll(&socket, 1, 0) > 0;
}

Result<Done> AmqpConnection::check(const std::string& doing, const amqp_rpc_reply_t& reply,
                                   amqp_channel_t channel) {
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return Done{};
  const Error error = to_error(doing, reply, ErrorKind::kLinkLost);
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
      reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    amqp_channel_close_ok_t close_ok{};
    amqp_send_method(state(), channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
  }
  return error;
}

void AmqpConnection::close() {
  amqp_set_rpc_timeout(state(), &kCloseTimeout);
  amqp_connection_close(state(), AMQP_REPLY_SUCCESS);
}

}  // namespace event_consumer
