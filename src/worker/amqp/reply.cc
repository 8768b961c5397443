#include "worker/amqp/reply.h"

#include "common/text.h"

namespace event_consumer {
namespace {

template <typename Close>
ServerException to_exception(const void* decoded) {
  const auto* close = static_cast<const Close*>(decoded);
  return {close->reply_code, std::string(to_view(close->reply_text))};
}

// 320 is «connection forced», an operator's or a shutdown's doing; 541 an internal error of the
// broker; 501 to 505 and 504 faults of the protocol. All of these may pass; the rest ask for other
// names, rights or arguments.
bool is_configuration(int code) {
  switch (code) {
    case 311:  // content too large
    case 312:  // no route
    case 313:  // no consumers
    case 403:  // access refused
    case 404:  // not found
    case 405:  // resource locked
    case 406:  // precondition failed
    case 530:  // not allowed: no such virtual host, no access to it
      return true;
    default:
      return false;
  }
}

}  // namespace

ServerException to_server_exception(const amqp_method_t& method) {
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD)
    return to_exception<amqp_connection_close_t>(method.decoded);
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD)
    return to_exception<amqp_channel_close_t>(method.decoded);
  return {0, ""};
}

ServerException to_server_exception(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) return {0, ""};
  return to_server_exception(reply.reply);
}

Error to_error(const std::string& doing, int library_status, ErrorKind otherwise) {
  return {otherwise, doing + ": " + amqp_error_string2(library_status)};
}

bool is_limit_reached(int code, std::string_view text) {
  return code == 530 && (contains(text, "is reached") || contains(text, "has reached"));
}

bool is_queue_down(int code, std::string_view text) {
  return code == 404 && contains(text, "NOT_FOUND - ") && !contains(text, "NOT_FOUND - no ");
}

Error to_error(const std::string& doing, const ServerException& exception, ErrorKind otherwise) {
  const bool is_refusal = is_configuration(exception.code) &&
                          !is_limit_reached(exception.code, exception.text) &&
                          !is_queue_down(exception.code, exception.text);
  return {is_refusal ? ErrorKind::kConfiguration : otherwise,
          doing + ": the server says " + std::to_string(exception.code) + " " + exception.text,
          exception.code};
}

Error to_error(const std::string& doing, const amqp_rpc_reply_t& reply, ErrorKind otherwise) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      return to_error(doing, to_server_exception(reply), otherwise);
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return to_error(doing, reply.library_error, otherwise);
    case AMQP_RESPONSE_NONE:
    case AMQP_RESPONSE_NORMAL:
      break;
  }
  return {otherwise, doing + ": no reply"};
}

}  // namespace event_consumer
