#include "worker/amqp/amqp_source.h"

#include <utility>

#include "common/log.h"
#include "common/log_limiter.h"
#include "worker/amqp/delivery_limit.h"
#include "worker/amqp/permissions.h"
#include "worker/amqp/queue_kind.h"
#include "worker/amqp/rabbitmq_diagnosis.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr amqp_channel_t kChannel = 1;

// Once for a process: each question is an error to the broker's log.
Result<Done> note_delivery_limit(AmqpConnection& connection, const QueueSetup& setup) {
  static bool is_asked = false;
  if (is_asked) return Done{};
  const auto kind = ask_kind(connection, kChannel, setup.queue);
  if (!kind) return kind.error();
  is_asked = true;
  const std::string fault =
      limit_fault(setup.queue, kind.value(), connection.server_version(), setup.delivery_limit);
  if (!fault.empty()) log::warn("{}", fault);
  return Done{};
}

}  // namespace

Result<AmqpSource> AmqpSource::open(const std::vector<AmqpUrl>& urls,
                                    const std::string& connection_name, const QueueSetup& setup) {
  auto connection = AmqpConnection::open_first(urls, connection_name);
  if (!connection) return connection.error();
  if (auto done = connection->open_channel(kChannel); !done) return done.error();
  if (auto done = ensure_queue(*connection, kChannel, setup); !done) return done.error();
  if (auto done = may_consume(*connection, kChannel, setup.queue); !done) return done.error();
  auto life = ask_life(*connection, kChannel, setup.queue);
  if (!life) return life.error();
  if (auto done = note_delivery_limit(*connection, setup); !done) return done.error();
  const auto limit = delivery_limit(setup.delivery_limit, connection->server_version());
  AmqpSource source(std::move(*connection), setup.queue, limit);
  if (*life == QueueLife::kLasting || *life == QueueLife::kUnknown) return source;
  // Once for a process, which may lose its link often.
  static LogLimiter log_limiter;
  const std::string note = source.describe() + " " + event_consumer::describe(*life);
  if (log_limiter.is_news(note, Clock::now())) log::warn("{}", note);
  if (auto done = source.keep_queue(); !done) return done.error();
  return source;
}

Result<Done> AmqpSource::keep_queue() {
  if (auto done = connection_.open_channel(QueueKeeper::kChannel); !done) return done;
  keeper_.emplace(queue_);
  return keeper_->set_wanted(connection_, true);
}

Result<SourceEvent> AmqpSource::next() {
  if (reported_) {
    assembly_.forget();
    connection_.release();
    reported_ = false;
  }
  for (;;) {
    auto frame = connection_.next_frame();
    if (!frame) return frame.error();
    if (!frame->has_value()) break;
    if ((*frame)->channel == QueueKeeper::kChannel) {
      if (auto done = read_keeper(**frame); !done) return done.error();
      continue;
    }
    auto event = assembly_.add(**frame);
    if (!event) return explained(event.error());
    if (!event->has_value() && !assembly_.views_frames()) connection_.release();
    if (!event->has_value() || is_ours((*event)->kind)) continue;
    reported_ = true;
    if ((*event)->kind == SourceEvent::Kind::kCancelled) consumer_ = Consumer::kNone;
    if ((*event)->kind == SourceEvent::Kind::kConsuming)
      if (auto done = consumer_is_there(); !done) return done.error();
    return **event;
  }
  if (keeper_)
    if (auto done = keeper_->time_passed(connection_, Clock::now()); !done) return done.error();
  return SourceEvent{};
}

Error AmqpSource::explained(const Error& error) const {
  if (error.kind != ErrorKind::kConfiguration) return error;
  return {error.kind, with_remedy(error.message, diagnose_rabbitmq(error, url()).remedy),
          error.peer_code};
}

// Ours goes when the other one is there.
Result<Done> AmqpSource::read_keeper(const amqp_frame_t& frame) {
  auto done = keeper_->handle(connection_, frame);
  if (!assembly_.views_frames()) connection_.release();
  if (!done || !keeper_->is_there() || consumer_ == Consumer::kAsked ||
      !std::exchange(cancel_waits_, false))
    return done;
  return send_cancel();
}

// The channel answers in order.
bool AmqpSource::is_ours(SourceEvent::Kind kind) {
  if (kind != SourceEvent::Kind::kSettled || prefetch_set_ == 0) return false;
  --prefetch_set_;
  return true;
}

// The prefetch of a consumer that runs cannot be changed (rabbitmq.com/docs/consumer-prefetch).
// Each consumer has a tag of its own: after thousands of returns the tag of before can be the end
// of a channel (ran: 3.10).
Result<Done> AmqpSource::consume(std::size_t prefetch) {
  prefetch_ = static_cast<std::uint16_t>(prefetch);
  if (auto done = set_prefetch(); !done) return done;
  ++prefetch_set_;
  consumer_tag_ = "event-consumer-" + std::to_string(++consumers_);
  amqp_basic_consume_t consume{};
  consume.queue = to_bytes(queue_);
  consume.consumer_tag = to_bytes(consumer_tag_);
  consume.arguments = amqp_empty_table;
  consumer_ = Consumer::kAsked;
  return connection_.send(kChannel, AMQP_BASIC_CONSUME_METHOD, &consume);
}

// A cancel that overtakes the queue's word on the consumer is the end of the channel (ran: 3.10, a
// pause within 30 ms after a resume: 541 INTERNAL_ERROR). So it waits for the answer.
Result<Done> AmqpSource::cancel() {
  if (consumer_ == Consumer::kAsked) {
    cancel_waits_ = true;
    return Done{};
  }
  if (!keeper_) return send_cancel();
  if (auto done = keeper_->set_wanted(connection_, true); !done) return done;
  if (keeper_->is_there()) return send_cancel();
  cancel_waits_ = true;
  return Done{};
}

Result<Done> AmqpSource::consumer_is_there() {
  consumer_ = Consumer::kThere;
  if (keeper_ && !cancel_waits_)
    if (auto done = keeper_->set_wanted(connection_, false); !done) return done;
  return std::exchange(cancel_waits_, false) ? cancel() : Result<Done>(Done{});
}

Result<Done> AmqpSource::send_cancel() {
  amqp_basic_cancel_t cancel{};
  cancel.consumer_tag = to_bytes(consumer_tag_);
  return connection_.send(kChannel, AMQP_BASIC_CANCEL_METHOD, &cancel);
}

// A channel handles its methods in order, and acknowledgements have no answer of their own: the
// answer to any request behind them tells that they were taken.
Result<Done> AmqpSource::confirm_settled() { return set_prefetch(); }

// On the channel of the consumer: what makes RabbitMQ refuse this has ended the consumer before (a
// queue that is gone, or down with its node). A quorum queue without a leader is counted as empty.
Result<Done> AmqpSource::count_queue() {
  amqp_queue_declare_t declare{};
  declare.queue = to_bytes(queue_);
  declare.passive = 1;
  declare.arguments = amqp_empty_table;
  return connection_.send(kChannel, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

Result<Done> AmqpSource::set_prefetch() {
  amqp_basic_qos_t qos{};
  qos.prefetch_count = prefetch_;
  return connection_.send(kChannel, AMQP_BASIC_QOS_METHOD, &qos);
}

Result<Done> AmqpSource::acknowledge_up_to(DeliveryTag tag) {
  amqp_basic_ack_t ack{tag, /*multiple=*/1};
  return connection_.send(kChannel, AMQP_BASIC_ACK_METHOD, &ack);
}

Result<Done> AmqpSource::acknowledge(DeliveryTag tag) {
  amqp_basic_ack_t ack{tag, /*multiple=*/0};
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

Result<Done> AmqpSource::give_back_up_to(DeliveryTag tag) {
  amqp_basic_nack_t nack{tag, /*multiple=*/1, /*requeue=*/1};
  return connection_.send(kChannel, AMQP_BASIC_NACK_METHOD, &nack);
}

}  // namespace event_consumer
