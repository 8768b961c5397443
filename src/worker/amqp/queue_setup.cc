#include "worker/amqp/queue_setup.h"

#include <cstdint>
#include <vector>

#include "common/log.h"
#include "common/text.h"
#include "worker/amqp/queue_arguments.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr int kNotFound = 404;
constexpr int kPreconditionFailed = 406;

// RabbitMQ 3.10 takes -1 for a limit that the first return exceeds, and 4.0 takes none for 20
// (ran); a queue may see both.
constexpr std::int64_t kNoLimit = 1'000'000'000;

Result<Done> declare_queue(AmqpConnection& connection, amqp_channel_t channel,
                           const std::string& queue, const std::vector<QueueArgument>& arguments) {
  QueueArgumentTable table(arguments);
  amqp_queue_declare(connection.state(), channel, to_bytes(queue), /*passive=*/0, /*durable=*/1,
                     /*exclusive=*/0, /*auto_delete=*/0, table.get());
  auto done = connection.check("cannot declare queue " + queue + " on " + connection.describe(),
                               amqp_get_rpc_reply(connection.state()), channel);
  if (done || done.error().peer_code != kPreconditionFailed) return done;
  // Somebody else may have declared it otherwise in the meantime.
  if (auto opened = connection.open_channel(channel); !opened) return opened;
  const auto found = find_queue(connection, channel, queue);
  if (!found) return found.error();
  return found.value() ? Result<Done>(Done{}) : done;
}

Result<Done> declare_exchange(AmqpConnection& connection, amqp_channel_t channel,
                              const std::string& exchange) {
  amqp_exchange_declare(connection.state(), channel, to_bytes(exchange), to_bytes("topic"),
                        /*passive=*/0, /*durable=*/1, /*auto_delete=*/0, /*internal=*/0,
                        amqp_empty_table);
  return connection.check("cannot declare exchange " + exchange + " on " + connection.describe(),
                          amqp_get_rpc_reply(connection.state()), channel);
}

Result<Done> bind_queue(AmqpConnection& connection, amqp_channel_t channel,
                        const QueueSetup& setup) {
  amqp_queue_bind(connection.state(), channel, to_bytes(setup.queue), to_bytes(setup.exchange),
                  to_bytes(setup.routing_key), amqp_empty_table);
  return connection.check("cannot bind queue " + setup.queue + " to exchange " + setup.exchange +
                              " on " + connection.describe(),
                          amqp_get_rpc_reply(connection.state()), channel);
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
                               reply, channel);
  if (done) return MaybeFacts(QueueFacts{found->message_count, found->consumer_count});
  const Error& refused = done.error();
  if (refused.peer_code != kNotFound || is_queue_down(refused.peer_code, refused.message))
    return refused;
  // The server closed the channel over the answer.
  if (auto opened = connection.open_channel(channel); !opened) return opened.error();
  return MaybeFacts();
}

Result<Done> ensure_queue(AmqpConnection& connection, amqp_channel_t channel,
                          const QueueSetup& setup) {
  const auto found = find_queue(connection, channel, setup.queue);
  if (!found) return found.error();
  if (found.value()) return Done{};
  if (auto done = declare_exchange(connection, channel, setup.exchange); !done) return done;
  std::vector<QueueArgument> arguments;
  if (setup.type == QueueType::kQuorum) arguments = {{"x-queue-type", "quorum"}};
  if (auto done = declare_queue(connection, channel, setup.queue, arguments); !done) return done;
  if (auto done = bind_queue(connection, channel, setup); !done) return done;
  log::warn(
      "queue {} did not exist on {}: created, bound to exchange {} with routing key {} → is "
      "RABBITMQ_QUEUE what the publisher's queue is called?",
      visible(setup.queue), connection.describe(), visible(setup.exchange),
      visible(setup.routing_key));
  return Done{};
}

Result<Done> ensure_dead_letter_queue(AmqpConnection& connection, amqp_channel_t channel,
                                      const std::string& queue, QueueType type) {
  const auto found = find_queue(connection, channel, queue);
  if (!found) return found.error();
  if (found.value()) return Done{};
  // Where nothing is said, the virtual host may have a type for it that limits returns.
  std::vector<QueueArgument> arguments = {{"x-queue-type", "classic"}};
  if (type == QueueType::kQuorum)
    arguments = {{"x-queue-type", "quorum"}, {"x-delivery-limit", "", kNoLimit}};
  if (auto done = declare_queue(connection, channel, queue, arguments); !done) return done;
  log::info("queue {} did not exist on {}: created", queue, connection.describe());
  return Done{};
}

}  // namespace event_consumer
