#include "worker/amqp/amqp_source.h"

#include <utility>

#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr std::string_view kConsumerTag = "event-consumer";

}  // namespace

Result<AmqpSource> AmqpSource::open(const std::vector<AmqpUrl>& urls,
                                    const std::string& connection_name, const QueueSetup& setup,
                                    std::uint16_t prefetch,
                                    const std::function<void()>& heartbeat) {
  auto connection = AmqpConnection::open_first(urls, connection_name, heartbeat);
  if (!connection) return connection.error();
  if (auto done = connection->open_channel(kChannel); !done) return done.error();
  if (auto done = ensure_queue(*connection, kChannel, setup); !done) return done.error();
  amqp_basic_qos(connection->state(), kChannel, 0, prefetch, /*global=*/0);
  auto done =
      connection->check("cannot set the prefetch count on " + connection->describe(),
                        amqp_get_rpc_reply(connection->state()), ErrorKind::kUnavailable, kChannel);
  if (!done) return done.error();
  return AmqpSource(std::move(*connection), setup.queue, prefetch);
}

Result<SourceEvent> AmqpSource::next() {
  if (reported_) {
    connection_.release();
    reported_ = false;
  }
  for (;;) {
    auto frame = connection_.next_frame();
    if (!frame) return frame.error();
    if (!frame->has_value()) return SourceEvent{};
    auto event = assembly_.add(**frame);
    if (!event) return event.error();
    if (!event->has_value()) continue;
    reported_ = true;
    if ((*event)->kind == SourceEvent::Kind::kCancelled) has_consumer_ = false;
    return **event;
  }
}

Result<Done> AmqpSource::consume() {
  amqp_basic_consume_t consume{};
  consume.queue = to_bytes(queue_);
  consume.consumer_tag = to_bytes(kConsumerTag);
  consume.arguments = amqp_empty_table;
  has_consumer_ = true;
  return connection_.send(kChannel, AMQP_BASIC_CONSUME_METHOD, &consume);
}

Result<Done> AmqpSource::cancel() {
  amqp_basic_cancel_t cancel{};
  cancel.consumer_tag = to_bytes(kConsumerTag);
  return connection_.send(kChannel, AMQP_BASIC_CANCEL_METHOD, &cancel);
}

// A channel handles its methods in order, and acknowledgements have no answer of their own: the
// answer to any request behind them tells that they were taken.
Result<Done> AmqpSource::confirm_settled() {
  amqp_basic_qos_t qos{};
  qos.prefetch_count = prefetch_;
  return connection_.send(kChannel, AMQP_BASIC_QOS_METHOD, &qos);
}

Result<Done> AmqpSource::acknowledge_up_to(DeliveryTag tag) {
  amqp_basic_ack_t ack{tag, /*multiple=*/1};
  return connection_.send(kChannel, AMQP_BASIC_ACK_METHOD, &ack);
}

Result<Done> AmqpSource::reject(DeliveryTag tag) {
  amqp_basic_reject_t reject{tag, /*requeue=*/0};
  return connection_.send(kChannel, AMQP_BASIC_REJECT_METHOD, &reject);
}

Result<Done> AmqpSource::give_back(DeliveryTag tag) {
  amqp_basic_nack_t nack{tag, /*multiple=*/0, /*requeue=*/1};
  return connection_.send(kChannel, AMQP_BASIC_NACK_METHOD, &nack);
}

}  // namespace event_consumer
