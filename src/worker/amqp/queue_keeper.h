// QueueKeeper: a consumer beside ours, on a channel of its own, that keeps a queue which deletes
// itself without consumers while ours is away. It takes nothing: on RabbitMQ 3 it is given nothing,
// later one message, which goes back when ours is there, and every few minutes: long before the
// broker's consumer_timeout. AmqpSource drives it, and brings the frames of its channel.
#pragma once

#include <optional>
#include <string>

#include "common/clock.h"
#include "worker/amqp/connection.h"

namespace event_consumer {

class QueueKeeper {
 public:
  static constexpr amqp_channel_t kChannel = 2;

  explicit QueueKeeper(std::string queue) : queue_(std::move(queue)) {}

  // Whether it is to be there; it comes and goes as the broker answers.
  Result<Done> set_wanted(AmqpConnection& connection, bool is_wanted);
  // The broker has accepted it, and it is not to go.
  bool is_there() const { return is_wanted_ && state_ == State::kThere; }

  // A frame of its channel. The Error (kLinkLost) says that the broker has closed the channel.
  Result<Done> handle(AmqpConnection& connection, const amqp_frame_t& frame);
  // Gives back what it was given too long ago.
  Result<Done> time_passed(AmqpConnection& connection, TimePoint now);

 private:
  //  kAway ──consume──▶ kAsked ──accepted──▶ kThere ──cancel──▶ kGoing ──accepted──▶ kAway
  enum class State { kAway, kAsked, kThere, kGoing };

  Result<Done> act(AmqpConnection& connection);
  Result<Done> consume(AmqpConnection& connection);
  Result<Done> give_back(AmqpConnection& connection);

  std::string queue_;
  State state_ = State::kAway;
  bool is_wanted_ = false;
  bool is_nudging_ = false;            // it came once more, to go at once
  bool was_given_ = false;             // a message, since the latest time_passed()
  std::optional<TimePoint> given_at_;  // at the latest
};

}  // namespace event_consumer
