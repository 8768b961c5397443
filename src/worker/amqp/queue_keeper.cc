#include "worker/amqp/queue_keeper.h"

#include <chrono>
#include <utility>

#include "worker/amqp/no_credit.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr char kTag[] = "event-consumer-keeps-the-queue";
// The broker's consumer_timeout is 30 min unless configured otherwise.
constexpr std::chrono::minutes kLongestKept{5};

}  // namespace

Result<Done> QueueKeeper::set_wanted(AmqpConnection& connection, bool is_wanted) {
  is_wanted_ = is_wanted;
  if (is_wanted) is_nudging_ = false;
  return act(connection);
}

// Each request waits for the answer to the one before: see AmqpSource::cancel().
Result<Done> QueueKeeper::act(AmqpConnection& connection) {
  if (is_wanted_ && state_ == State::kAway) return consume(connection);
  if (is_wanted_ || state_ != State::kThere) return Done{};
  state_ = State::kGoing;
  amqp_basic_cancel_t cancel{};
  cancel.consumer_tag = to_bytes(kTag);
  return connection.send(kChannel, AMQP_BASIC_CANCEL_METHOD, &cancel);
}

Result<Done> QueueKeeper::consume(AmqpConnection& connection) {
  state_ = State::kAsked;
  amqp_basic_qos_t qos{};
  qos.prefetch_count = 1;
  if (auto done = connection.send(kChannel, AMQP_BASIC_QOS_METHOD, &qos); !done) return done;
  const NoCredit no_credit;
  amqp_basic_consume_t consume{};
  consume.queue = to_bytes(queue_);
  consume.consumer_tag = to_bytes(kTag);
  consume.arguments = no_credit.table();
  return connection.send(kChannel, AMQP_BASIC_CONSUME_METHOD, &consume);
}

Result<Done> QueueKeeper::handle(AmqpConnection& connection, const amqp_frame_t& frame) {
  if (frame.frame_type != AMQP_FRAME_METHOD) return Done{};
  const amqp_method_t& method = frame.payload.method;
  switch (method.id) {
    case AMQP_BASIC_CONSUME_OK_METHOD:
      state_ = State::kThere;
      return act(connection);
    case AMQP_BASIC_DELIVER_METHOD:
      was_given_ = true;
      return Done{};
    case AMQP_BASIC_CANCEL_OK_METHOD:
      state_ = State::kAway;
      if (auto done = give_back(connection); !done) return done;
      // Where there is a single active consumer, that is ours now, but what waits in the queue is
      // delivered only when the next one comes (ran: 3.10).
      is_nudging_ = !is_wanted_ && !is_nudging_;
      return is_nudging_ ? consume(connection) : act(connection);
    case AMQP_BASIC_CANCEL_METHOD:
      return Error{ErrorKind::kLinkLost, "lost queue " + queue_ + " on " + connection.describe() +
                                             ": it was deleted or moved"};
    case AMQP_CHANNEL_CLOSE_METHOD:
      return to_error("lost queue " + queue_ + " on " + connection.describe(),
                      to_server_exception(method), ErrorKind::kLinkLost);
    default:
      return Done{};
  }
}

Result<Done> QueueKeeper::time_passed(AmqpConnection& connection, TimePoint now) {
  if (std::exchange(was_given_, false)) given_at_ = now;
  if (!given_at_ || now - *given_at_ < kLongestKept) return Done{};
  return give_back(connection);
}

// The tag 0 stands for all that are not settled.
Result<Done> QueueKeeper::give_back(AmqpConnection& connection) {
  was_given_ = false;
  given_at_.reset();
  amqp_basic_nack_t nack{0, /*multiple=*/1, /*requeue=*/1};
  return connection.send(kChannel, AMQP_BASIC_NACK_METHOD, &nack);
}

}  // namespace event_consumer
