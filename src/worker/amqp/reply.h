// Puts every way in which rabbitmq-c says «no» into words, and decides what kind of Error it is.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "worker/amqp/library.h"

namespace event_consumer {

inline amqp_bytes_t to_bytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}
inline std::string_view to_view(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

// What a server says when it closes a channel or a connection: reply code (AMQP 0-9-1, section 1.5,
// and RabbitMQ's use of it) and text.
struct ServerException {
  int code;
  std::string text;
};

// Reads channel.close or connection.close; code 0 for any other method.
ServerException to_server_exception(const amqp_method_t& method);

// The exception that `reply` carries; code 0 when it carries none.
ServerException to_server_exception(const amqp_rpc_reply_t& reply);

// Whether a limit on connections or channels is reached, of a virtual host, a user or a node: 530
// as for a missing right, so that only RabbitMQ's words tell it (rabbit_reader.erl,
// rabbit_channel.erl; ran: 3.10). It passes when others go.
bool is_limit_reached(int code, std::string_view text);

// Whether a queue is there and cannot be used, because the node that has it is down or it has
// crashed: 404 as for one that does not exist, which RabbitMQ calls «no queue …»
// (rabbit_amqqueue.erl, absent; ran: 3.10). It passes when the node is back. `text` may be the
// message of the Error.
bool is_queue_down(int code, std::string_view text);

// The Error for a failed call. `doing` says what was tried, on which host and name. A refusal by
// the server (403, 404, 406, 530 …) is kConfiguration, everything else `otherwise`, also a limit
// and a queue whose node is down.
// The peer's code is the server's reply code.
Error to_error(const std::string& doing, const amqp_rpc_reply_t& reply, ErrorKind otherwise);
Error to_error(const std::string& doing, const ServerException& exception, ErrorKind otherwise);
Error to_error(const std::string& doing, int library_status, ErrorKind otherwise);

}  // namespace event_consumer
