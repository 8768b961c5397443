#include "worker/amqp/delivery_assembly.h"

#include "common/log.h"
#include "worker/amqp/delivery_limit.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

using MaybeEvent = std::optional<SourceEvent>;

MaybeEvent event(SourceEvent::Kind kind) { return SourceEvent{kind, {}}; }

MaybeEvent counted(const amqp_queue_declare_ok_t& queue) {
  return SourceEvent{SourceEvent::Kind::kCounted, {}, {queue.message_count, queue.consumer_count}};
}

}  // namespace

Result<MaybeEvent> DeliveryAssembly::add(const amqp_frame_t& frame) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return add_method(frame);
    case AMQP_FRAME_HEADER:
    case AMQP_FRAME_BODY:
      return add_content(frame);
    default:
      return MaybeEvent();
  }
}

Result<MaybeEvent> DeliveryAssembly::add_method(const amqp_frame_t& frame) {
  const amqp_method_t& method = frame.payload.method;
  // Channel 0 is the connection's own, and may interrupt a message; so may the end of the channel.
  if (content_.is_awaited() && frame.channel != 0 && method.id != AMQP_CHANNEL_CLOSE_METHOD)
    return link_lost("a message was interrupted by another method");
  switch (method.id) {
    case AMQP_BASIC_DELIVER_METHOD:
      begin(*static_cast<const amqp_basic_deliver_t*>(method.decoded));
      return MaybeEvent();
    case AMQP_BASIC_CONSUME_OK_METHOD:
      return event(SourceEvent::Kind::kConsuming);
    case AMQP_BASIC_CANCEL_OK_METHOD:
      return event(SourceEvent::Kind::kCancelled);
    case AMQP_BASIC_QOS_OK_METHOD:
      return event(SourceEvent::Kind::kSettled);
    case AMQP_QUEUE_DECLARE_OK_METHOD:
      return counted(*static_cast<const amqp_queue_declare_ok_t*>(method.decoded));
    case AMQP_BASIC_CANCEL_METHOD:
      return link_lost("the server cancelled the consumer: the queue was deleted or moved");
    case AMQP_CHANNEL_CLOSE_METHOD:
    case AMQP_CONNECTION_CLOSE_METHOD:
      return to_error("lost " + where_, to_server_exception(method), ErrorKind::kLinkLost);
    default:
      log::debug("{}: method {:#x} ignored", where_, method.id);
      return MaybeEvent();
  }
}

void DeliveryAssembly::begin(const amqp_basic_deliver_t& deliver) {
  exchange_ = to_view(deliver.exchange);
  routing_key_ = to_view(deliver.routing_key);
  delivery_ = {};
  delivery_.tag = deliver.delivery_tag;
  delivery_.redelivered = deliver.redelivered != 0;
  delivery_.exchange = exchange_;
  delivery_.routing_key = routing_key_;
  content_.begin();
}

Result<MaybeEvent> DeliveryAssembly::add_content(const amqp_frame_t& frame) {
  const auto complete = content_.add(frame);
  if (!complete) return link_lost(complete.error().message);
  if (!complete.value()) return MaybeEvent();
  delivery_.properties = content_.properties();
  delivery_.body = content_.body();
  // Only what has come back is counted: the header of another message is its publisher's.
  const std::uint64_t returns = delivery_.redelivered ? returns_of(delivery_.properties) : 0;
  delivery_.is_last = delivery_limit_ && returns >= *delivery_limit_;
  return MaybeEvent(SourceEvent{SourceEvent::Kind::kDelivery, delivery_});
}

Error DeliveryAssembly::link_lost(const std::string& why) const {
  return {ErrorKind::kLinkLost, "lost " + where_ + ": " + why};
}

}  // namespace event_consumer
