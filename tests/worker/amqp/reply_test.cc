#include "worker/amqp/reply.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

constexpr const char* kDoing = "cannot declare queue q on RabbitMQ h:5672";

amqp_channel_close_t channel_close(int code, std::string_view text) {
  amqp_channel_close_t close{};
  close.reply_code = static_cast<std::uint16_t>(code);
  close.reply_text = to_bytes(text);
  return close;
}

amqp_rpc_reply_t refusal(amqp_channel_close_t& close) {
  amqp_rpc_reply_t reply{};
  reply.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION;
  reply.reply = {AMQP_CHANNEL_CLOSE_METHOD, &close};
  return reply;
}

TEST_CASE("reply: bytes and views are the same memory", "[reply]") {
  const std::string text("a\0b", 3);
  const amqp_bytes_t bytes = to_bytes(text);
  CHECK(bytes.bytes == text.data());
  CHECK(bytes.len == 3);
  CHECK(to_view(bytes) == text);
  CHECK(to_view(amqp_empty_bytes).empty());
}

TEST_CASE("reply: what the server says when it closes a channel or a connection", "[reply]") {
  amqp_channel_close_t channel = channel_close(404, "NOT_FOUND - no queue 'q'");
  const ServerException absent =
      to_server_exception(amqp_method_t{AMQP_CHANNEL_CLOSE_METHOD, &channel});
  CHECK(absent.code == 404);
  CHECK(absent.text == "NOT_FOUND - no queue 'q'");

  amqp_connection_close_t connection{};
  connection.reply_code = 320;
  connection.reply_text = to_bytes("CONNECTION_FORCED - shutdown");
  const ServerException forced =
      to_server_exception(amqp_method_t{AMQP_CONNECTION_CLOSE_METHOD, &connection});
  CHECK(forced.code == 320);
  CHECK(forced.text == "CONNECTION_FORCED - shutdown");
}

TEST_CASE("reply: any other method says nothing", "[reply]") {
  CHECK(to_server_exception(amqp_method_t{AMQP_BASIC_ACK_METHOD, nullptr}).code == 0);
  CHECK(to_server_exception(amqp_rpc_reply_t{}).code == 0);
}

// What rabbit_amqqueue.erl says of queues that are there.
TEST_CASE("reply: a queue whose node is down is none that does not exist, and passes", "[reply]") {
  for (const char* said :
       {"NOT_FOUND - home node 'rabbit@b' of durable queue 'q' in vhost '/' is down or "
        "inaccessible",
        "NOT_FOUND - failed to perform operation on queue 'q' in vhost '/' due to timeout",
        "NOT_FOUND - queue 'q' in vhost '/' process is stopped by supervisor",
        "NOT_FOUND - queue 'q' in vhost '/' has crashed and failed to restart"}) {
    amqp_channel_close_t close = channel_close(404, said);
    const Error error = to_error(kDoing, refusal(close), ErrorKind::kUnavailable);
    CHECK(error.kind == ErrorKind::kUnavailable);
    CHECK(is_queue_down(error.peer_code, error.message));
  }
  CHECK_FALSE(is_queue_down(404, "NOT_FOUND - no queue 'q' in vhost '/'"));
  CHECK_FALSE(is_queue_down(404, "NOT_FOUND - no exchange 'e' in vhost '/'"));
  CHECK_FALSE(is_queue_down(403, "ACCESS_REFUSED - no"));
}

TEST_CASE("reply: a server's refusal of names, rights or arguments is configuration", "[reply]") {
  for (const int code : {311, 312, 313, 403, 404, 405, 406, 530}) {
    amqp_channel_close_t close = channel_close(code, "NO");
    const Error error = to_error(kDoing, refusal(close), ErrorKind::kUnavailable);
    CHECK(error.kind == ErrorKind::kConfiguration);
    CHECK(error.peer_code == code);
    CHECK(error.message ==
          std::string(kDoing) + ": the server says " + std::to_string(code) + " NO");
  }
}

TEST_CASE("reply: what may pass is not configuration", "[reply]") {
  for (const int code : {320, 501, 502, 503, 504, 505, 506, 540, 541}) {
    amqp_channel_close_t close = channel_close(code, "NO");
    const Error error = to_error(kDoing, refusal(close), ErrorKind::kUnavailable);
    CHECK(error.kind == ErrorKind::kUnavailable);
    CHECK(error.peer_code == code);
    CHECK(to_error(kDoing, refusal(close), ErrorKind::kLinkLost).kind == ErrorKind::kLinkLost);
  }
}

TEST_CASE("reply: a limit on connections or channels may pass", "[reply]") {
  for (const char* text :
       {"NOT_ALLOWED - access to vhost '/' refused for user 'u': connection limit (1) is reached",
        "NOT_ALLOWED - connection refused for user 'u': user connection limit (0) is reached",
        "NOT_ALLOWED - number of channels opened for user 'u' has reached the maximum allowed user "
        "limit of (0)"})
    CHECK(to_error(kDoing, ServerException{530, text}, ErrorKind::kUnavailable).kind ==
          ErrorKind::kUnavailable);
  CHECK(to_error(kDoing, ServerException{530, "NOT_ALLOWED - vhost x not found"},
                 ErrorKind::kUnavailable)
            .kind == ErrorKind::kConfiguration);
}

TEST_CASE("reply: the library's own failures are put into its words", "[reply]") {
  amqp_rpc_reply_t reply{};
  reply.reply_type = AMQP_RESPONSE_LIBRARY_EXCEPTION;
  reply.library_error = AMQP_STATUS_CONNECTION_CLOSED;
  const Error error = to_error(kDoing, reply, ErrorKind::kUnavailable);
  CHECK(error.kind == ErrorKind::kUnavailable);
  CHECK(error.peer_code == 0);
  CHECK(error.message ==
        std::string(kDoing) + ": " + amqp_error_string2(AMQP_STATUS_CONNECTION_CLOSED));
  CHECK(to_error(kDoing, AMQP_STATUS_CONNECTION_CLOSED, ErrorKind::kLinkLost).message ==
        error.message);
}

TEST_CASE("reply: none at all is said so", "[reply]") {
  amqp_rpc_reply_t reply{};
  reply.reply_type = AMQP_RESPONSE_NONE;
  const Error error = to_error(kDoing, reply, ErrorKind::kUnavailable);
  CHECK(error.kind == ErrorKind::kUnavailable);
  CHECK(error.message == std::string(kDoing) + ": no reply");
}

}  // namespace
}  // namespace event_consumer
