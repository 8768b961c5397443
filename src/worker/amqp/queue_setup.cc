#include "worker/amqp/queue_setup.h"

#include "common/log.h"
#include "common/text.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr int kNotFound = 404;
constexpr int kPreconditionFailed = 406;

Result<Done> declare_queue(AmqpConnection& connection, amqp_channel_t channel,
                           const std::string& queue) {
  amqp_queue_declare(connection.state(), channel, to_bytes(queue), /*passive=*/0, /*durable=*/1,
                     /*exclusive=*/0, /*auto_delete=*/0, amqp_empty_table);
  return connection.check("cannot declare queue " + queue + " on " + connection.describe(),
                          amqp_get_rpc_reply(connection.state()), ErrorKind::kUnavailable, channel);
}

// Always refused: where the queue is there because it has no such x-expires, else because that is
// no number.
Result<Done> declare_impossibly(AmqpConnection& connection, amqp_channel_t channel,
                                const std::string& queue, bool durable) {
  amqp_table_entry_t expires{};
  expires.key = amqp_cstring_bytes("x-expires");
  expires.value.kind = AMQP_FIELD_KIND_UTF8;
  expires.value.value.bytes = to_bytes("never");
  amqp_queue_declare(connection.state(), channel, to_bytes(queue), /*passive=*/0, durable ? 1 : 0,
                     /*exclusive=*/0, /*auto_delete=*/0, amqp_table_t{1, &expires});
  return connection.check("cannot ask for queue " + queue + " on " + connection.describe(),
                          amqp_get_rpc_reply(connection.state()), ErrorKind::kUnavailable, channel);
}

Result<Done> declare_exchange(AmqpConnection& connection, amqp_channel_t channel,
                              const std::string& exchange) {
  amqp_exchange_declare(connection.state(), channel, to_bytes(exchange), to_bytes("topic"),
                        /*passive=*/0, /*durable=*/1, /*auto_delete=*/0, /*internal=*/0,
                        amqp_empty_table);
  return connection.check("cannot declare exchange " + exchange + " on " + connection.describe(),
                          amqp_get_rpc_reply(connection.state()), ErrorKind::kUnavailable, channel);
}

Result<Done> bind_queue(AmqpConnection& connection, amqp_channel_t channel,
                        const QueueSetup& setup) {
  amqp_queue_bind(connection.state(), channel, to_bytes(setup.queue), to_bytes(setup.exchange),
                  to_bytes(setup.routing_key), amqp_empty_table);
  return connection.check("cannot bind queue " + setup.queue + " to exchange " + setup.exchange +
                              " on " + connection.describe(),
                          amqp_get_rpc_reply(connection.state()), ErrorKind::kUnavailable, channel);
}

}  // namespace

Result<std::optional<QueueFacts>> find_queue(AmqpConnection& connection, amqp_channel_t channel,
                                             const std::string& queue) {
  using MaybeFacts = std::optional<QueueFacts>;
  const auto* found =
      amqp_queue_declare(connection.state(), channel, to_bytes(queue), /*passive=*/1,
                         /*durable=*/0, /*exclusive=*/0, /*auto_delete=*/0, amqp_empty_table);
  const auto reply = amqp_get_rpc_reply(connection.state());
  auto done = connection.check("cannot look for queue " + queue + " on " + connection.describe(),
                               reply, ErrorKind::kUnavailable, channel);
  if (done) return MaybeFacts(QueueFacts{found->message_count, found->consumer_count});
  if (done.error().peer_code != kNotFound) return done.error();
  // The server closed the channel over the answer.
  if (auto opened = connection.open_channel(channel); !opened) return opened.error();
  return MaybeFacts();
}

// The refusal names the first difference: «durable», «auto_delete», then the arguments
// (rabbit_amqqueue.erl, assert_equivalence/5; ran: 3.10).
Result<QueueLife> ask_life(AmqpConnection& connection, amqp_channel_t channel,
                           const std::string& queue) {
  std::string difference;
  for (const bool durable : {true, false}) {
    const auto refused = declare_impossibly(connection, channel, queue, durable);
    if (refused) return QueueLife::kUnknown;
    if (refused.error().peer_code == 0) return refused.error();
    if (auto opened = connection.open_channel(channel); !opened) return opened.error();
    if (refused.error().peer_code != kPreconditionFailed) return QueueLife::kUnknown;
    difference = refused.error().message;
    if (!contains(difference, "inequivalent arg 'durable'")) break;
  }
  if (contains(difference, "inequivalent arg 'auto_delete'")) return QueueLife::kAutoDelete;
  if (!contains(difference, "inequivalent arg 'x-expires'")) return QueueLife::kUnknown;
  return contains(difference, "current is none") ? QueueLife::kLasting : QueueLife::kExpiring;
}

std::string describe(QueueLife life) {
  switch (life) {
    case QueueLife::kAutoDelete:
      return "deletes itself, with all that is in it, when its last consumer goes (auto-delete): a "
             "stop or a lost link can be that";
    case QueueLife::kExpiring:
      return "deletes itself, with all that is in it, when it has had no consumer for a while "
             "(x-expires): a stop or a broker that cannot be reached can be that";
    case QueueLife::kLasting:
    case QueueLife::kUnknown:
      break;
  }
  return "";
}

Result<Done> ensure_queue(AmqpConnection& connection, amqp_channel_t channel,
                          const QueueSetup& setup) {
  const auto found = find_queue(connection, channel, setup.queue);
  if (!found) return found.error();
  if (found.value()) return Done{};
  if (auto done = declare_exchange(connection, channel, setup.exchange); !done) return done;
  if (auto done = declare_queue(connection, channel, setup.queue); !done) return done;
  if (auto done = bind_queue(connection, channel, setup); !done) return done;
  log::warn(
      "queue {} did not exist on {}: created, bound to exchange {} with routing key {} → is "
      "RABBITMQ_QUEUE what the publisher's queue is called?",
      setup.queue, connection.describe(), setup.exchange, setup.routing_key);
  return Done{};
}

Result<Done> ensure_queue(AmqpConnection& connection, amqp_channel_t channel,
                          const std::string& queue) {
  const auto found = find_queue(connection, channel, queue);
  if (!found) return found.error();
  if (found.value()) return Done{};
  if (auto done = declare_queue(connection, channel, queue); !done) return done;
  log::info("queue {} did not exist on {}: created", queue, connection.describe());
  return Done{};
}

}  // namespace event_consumer
