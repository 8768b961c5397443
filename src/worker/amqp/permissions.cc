#include "worker/amqp/permissions.h"

#include <utility>

#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr int kPreconditionFailed = 406;

// No queue can be called so: the prefix is reserved.
constexpr std::string_view kNoQueue = "amq.event-consumer-check";

Result<Done> open_again(AmqpConnection& connection, amqp_channel_t channel, Result<Done> result) {
  if (auto opened = connection.open_channel(channel); !opened) return opened;
  return result;
}

}  // namespace

// RabbitMQ looks at the user's rights first and then at the arguments: x-priority must be a number
// (rabbitmq.com/docs/consumer-priority).
Result<Done> may_consume(AmqpConnection& connection, amqp_channel_t channel,
                         const std::string& queue) {
  amqp_table_entry_t priority{};
  priority.key = amqp_cstring_bytes("x-priority");
  priority.value.kind = AMQP_FIELD_KIND_UTF8;
  priority.value.value.bytes = to_bytes("none");
  amqp_basic_consume(connection.state(), channel, to_bytes(queue), amqp_empty_bytes, /*no_local=*/0,
                     /*no_ack=*/0, /*exclusive=*/0, amqp_table_t{1, &priority});
  const auto reply = amqp_get_rpc_reply(connection.state());
  auto done = connection.check("cannot consume queue " + queue + " on " + connection.describe(),
                               reply, ErrorKind::kUnavailable, channel);
  const int code = done ? 0 : done.error().peer_code;
  if (code == kPreconditionFailed) done = Done{};
  if (code != 0) return open_again(connection, channel, std::move(done));
  return done;
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
  auto done = connection.check(doing, reply, ErrorKind::kUnavailable, channel);
  if (!done && done.error().peer_code != 0) return open_again(connection, channel, std::move(done));
  return done;
}

}  // namespace event_consumer
