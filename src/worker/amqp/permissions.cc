#include "worker/amqp/permissions.h"

#include <utility>

#include "common/text.h"
#include "worker/amqp/no_credit.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr int kNotFound = 404;
constexpr int kPreconditionFailed = 406;

// No queue can be called so: the prefix is reserved.
constexpr std::string_view kNoQueue = "amq.event-consumer-check";

Result<Done> open_again(AmqpConnection& connection, amqp_channel_t channel, Result<Done> result) {
  if (auto opened = connection.open_channel(channel); !opened) return opened;
  return result;
}

Result<Done> try_to_consume(AmqpConnection& connection, amqp_channel_t channel,
                            const std::string& queue, const amqp_table_t& arguments) {
  amqp_basic_consume(connection.state(), channel, to_bytes(queue), amqp_empty_bytes, /*no_local=*/0,
                     /*no_ack=*/0, /*exclusive=*/0, arguments);
  auto done = connection.check("cannot consume queue " + queue + " on " + connection.describe(),
                               amqp_get_rpc_reply(connection.state()), channel);
  if (!done && done.error().peer_code != 0) return open_again(connection, channel, std::move(done));
  return done;
}

}  // namespace

// RabbitMQ looks at the user's rights first and then at the arguments: x-priority must be a number
// (rabbitmq.com/docs/consumer-priority), and a stream knows no x-priority at all (ran: 3.10).
Result<Done> may_consume(AmqpConnection& connection, amqp_channel_t channel,
                         const std::string& queue) {
  amqp_table_entry_t priority{};
  priority.key = amqp_cstring_bytes("x-priority");
  priority.value.kind = AMQP_FIELD_KIND_UTF8;
  priority.value.value.bytes = to_bytes("none");
  auto done = try_to_consume(connection, channel, queue, {1, &priority});
  if (done || done.error().peer_code != kPreconditionFailed) return done;
  if (!contains(done.error().message, "rabbit_stream_queue")) return Done{};
  return Error{ErrorKind::kConfiguration,
               "queue " + queue + " on " + connection.describe() +
                   " is a stream: acknowledgements remove nothing from it, and every consumer gets "
                   "everything",
               kPreconditionFailed};
}

Result<Done> is_not_taken(AmqpConnection& connection, amqp_channel_t channel,
                          const std::string& queue) {
  const NoCredit no_credit;
  auto done = try_to_consume(connection, channel, queue, no_credit.table());
  if (!done) return done;
  amqp_channel_close(connection.state(), channel, AMQP_REPLY_SUCCESS);
  return connection.open_channel(channel);
}

// A message that no queue takes is dropped by the broker. What tells that it was allowed is the
// answer to the next request.
Result<Done> may_publish_to_queues(AmqpConnection& connection, amqp_channel_t channel) {
  const std::string doing =
      "cannot publish to the default exchange, through which messages reach "
      "the dead-letter queue, on " +
      connection.describe();
  const int status =
      amqp_basic_publish(connection.state(), channel, amqp_empty_bytes, to_bytes(kNoQueue),
                         /*mandatory=*/0, /*immediate=*/0, nullptr, amqp_empty_bytes);
  if (status != AMQP_STATUS_OK) return to_error(doing, status, ErrorKind::kUnavailable);
  amqp_basic_qos(connection.state(), channel, 0, 1, /*global=*/0);
  const auto reply = amqp_get_rpc_reply(connection.state());
  auto done = connection.check(doing, reply, channel);
  if (!done && done.error().peer_code != 0) return open_again(connection, channel, std::move(done));
  return done;
}

// RabbitMQ looks at the exchange first and at the expiration last, which must be a number
// (rabbit_channel.erl, basic.publish; ran: 3.10).
Result<bool> takes_messages(AmqpConnection& connection, amqp_channel_t channel,
                            const std::string& exchange, const std::string& routing_key) {
  const std::string doing = "cannot publish to " +
                            (exchange.empty() ? "the default exchange" : "exchange " + exchange) +
                            " on " + connection.describe();
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_EXPIRATION_FLAG;
  properties.expiration = amqp_cstring_bytes("none");
  const int status =
      amqp_basic_publish(connection.state(), channel, to_bytes(exchange), to_bytes(routing_key),
                         /*mandatory=*/0, /*immediate=*/0, &properties, amqp_empty_bytes);
  if (status != AMQP_STATUS_OK) return to_error(doing, status, ErrorKind::kUnavailable);
  amqp_basic_qos(connection.state(), channel, 0, 1, /*global=*/0);
  const auto reply = amqp_get_rpc_reply(connection.state());
  const auto refused = connection.check(doing, reply, channel);
  if (refused) return true;
  const Error& error = refused.error();
  if (error.peer_code == 0) return error;
  if (auto opened = connection.open_channel(channel); !opened) return opened.error();
  if (error.peer_code == kPreconditionFailed) return true;
  if (error.peer_code == kNotFound || contains(error.message, "to internal exchange '"))
    return false;
  return error;
}

}  // namespace event_consumer
