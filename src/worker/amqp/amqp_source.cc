#include "worker/amqp/amqp_source.h"

#include <utility>

#include "common/log.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr std::string_view kConsumerTag = "event-consumer";

using MaybeEvent = std::optional<SourceEvent>;

MaybeEvent event(SourceEvent::Kind kind) { return SourceEvent{kind, {}}; }

}  // namespace

Result<AmqpSource> AmqpSource::open(const std::vector<AmqpUrl>& urls,
                                    const std::string& connection_name, const QueueSetup& topology,
                                    std::uint16_t prefetch,
                                    const std::function<void()>& heartbeat) {
  auto connection = AmqpConnection::open_first(urls, connection_name, heartbeat);
  if (!connection) return connection.error();
  if (auto done = connection->open_channel(kChannel); !done) return done.error();
  if (auto done = ensure_queue(*connection, kChannel, topology); !done) return done.error();
  amqp_basic_qos(connection->state(), kChannel, 0, prefetch, /*global=*/0);
  auto done =
      connection->check("cannot set the prefetch count on " + connection->describe(),
                        amqp_get_rpc_reply(connection->state()), ErrorKind::kUnavailable, kChannel);
  if (!done) return done.error();
  return AmqpSource(std::move(*connection), topology.queue, prefetch);
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
    auto complete = handle(**frame);
    if (!complete) return complete.error();
    if (complete->has_value()) {
      reported_ = true;
      return **complete;
    }
  }
}

Result<MaybeEvent> AmqpSource::handle(const amqp_frame_t& frame) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return handle_method(frame.payload.method);
    case AMQP_FRAME_HEADER:
      return handle_header(frame);
    case AMQP_FRAME_BODY:
      return handle_body(frame.payload.body_fragment);
    default:
      return MaybeEvent();
  }
}

Result<MaybeEvent> AmqpSource::handle_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto* deliver = static_cast<const amqp_basic_deliver_t*>(method.decoded);
      delivery_ = Delivery{};
      delivery_.tag = deliver->delivery_tag;
      delivery_.redelivered = deliver->redelivered != 0;
      delivery_.exchange = to_view(deliver->exchange);
      delivery_.routing_key = to_view(deliver->routing_key);
      return MaybeEvent();
    }
    case AMQP_BASIC_CONSUME_OK_METHOD:
      return event(SourceEvent::Kind::kConsuming);
    case AMQP_BASIC_CANCEL_OK_METHOD:
      has_consumer_ = false;
      return event(SourceEvent::Kind::kCancelled);
    case AMQP_BASIC_QOS_OK_METHOD:
      return event(SourceEvent::Kind::kSettled);
    case AMQP_BASIC_CANCEL_METHOD:
      return link_lost("the server cancelled the consumer: the queue was deleted or moved");
    case AMQP_CHANNEL_CLOSE_METHOD:
    case AMQP_CONNECTION_CLOSE_METHOD:
      return to_error("lost " + describe(), to_server_exception(method), ErrorKind::kLinkLost);
    default:
      log::debug("{}: method {:#x} ignored", describe(), method.id);
      return MaybeEvent();
  }
}

Result<MaybeEvent> AmqpSource::handle_header(const amqp_frame_t& frame) {
  delivery_.properties = to_view(frame.payload.properties.raw);
  body_size_ = frame.payload.properties.body_size;
  body_.clear();
  if (body_size_ > 0) return MaybeEvent();
  return MaybeEvent(SourceEvent{SourceEvent::Kind::kDelivery, delivery_});
}

Result<MaybeEvent> AmqpSource::handle_body(amqp_bytes_t fragment) {
  if (body_.empty() && fragment.len == body_size_) {
    delivery_.body = to_view(fragment);
    return MaybeEvent(SourceEvent{SourceEvent::Kind::kDelivery, delivery_});
  }
  body_.append(to_view(fragment));
  if (body_.size() < body_size_) return MaybeEvent();
  if (body_.size() > body_size_) return link_lost("a body is longer than its header says");
  delivery_.body = body_;
  return MaybeEvent(SourceEvent{SourceEvent::Kind::kDelivery, delivery_});
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

Error AmqpSource::link_lost(const std::string& why) const {
  return {ErrorKind::kLinkLost, "lost " + describe() + ": " + why};
}

}  // namespace event_consumer
