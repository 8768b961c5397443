// ConfirmedPublisher: publishes messages on one channel, with confirms and `mandatory`, and keeps
// each until the broker has decided on it. It sends in pieces, and never more than the socket has
// room for, so that a broker that reads nothing holds up nothing else. It decides which frame is
// next and what the broker's frames mean; the connection is its driver's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "worker/amqp/connection.h"
#include "worker/amqp/content_assembly.h"
#include "worker/amqp/properties.h"

namespace event_consumer {

struct OutgoingMessage {
  std::uint64_t id;  // the caller's; the broker does not see it
  std::string exchange;
  std::string routing_key;
  std::string body;
};

class ConfirmedPublisher {
 public:
  // What a header frame has beside the properties: class, weight and size of the body, and what
  // each frame has (AMQP 0-9-1, sections 2.3.5 and 4.2.6.1).
  static constexpr std::size_t kHeaderBytes = 12 + 8;

  enum class Verdict {
    kUndecided,
    kTaken,     // confirmed: every queue that it was routed to has it (basic.ack)
    kReturned,  // routed to no queue (basic.return); the ack that follows means nothing
    kRefused,   // a queue does not take it (basic.nack)
  };

  // For a channel on which the broker confirms and nobody else publishes. `where` begins errors.
  ConfirmedPublisher(amqp_channel_t channel, std::string where)
      : channel_(channel), where_(std::move(where)) {}

  // Asks for confirms on `channel`, which is open.
  static Result<Done> ask_for_confirms(AmqpConnection& connection, amqp_channel_t channel);

  // Sends nothing yet. The Error (kLinkLost) says that the properties do not fit a frame.
  Result<Done> publish(OutgoingMessage message, amqp_basic_properties_t properties);
  // The verdict on the next message; kUndecided when there is no message. What is taken comes
  // first: it is done, and waits for no other. The rest comes in the order of publish().
  Verdict verdict() const;
  // Hands out the next message, once it is decided.
  OutgoingMessage take_next();

  // Sends what the socket has room for. The Error (kLinkLost) says that the connection is gone.
  Result<Done> send_what_fits(AmqpConnection& connection);
  // The next frame to be sent, if any; once asked for, it must be sent. A view of this object,
  // valid until the next call of any function.
  std::optional<amqp_frame_t> next_frame();

  // Takes a frame that the broker has sent. The Error says why it has closed the channel or the
  // connection (kConfiguration or kLinkLost).
  Result<Done> handle(const amqp_frame_t& frame);

  // Gives up all messages. One that is half sent is still sent to its end, because nothing else may
  // follow on the channel before (AMQP 0-9-1, section 4.2.6).
  void forget();
  // For a new channel in the place of this one: sends everything that was not taken again. The
  // oldest goes ahead: what was refused may be it alone, and each try would double the others.
  void start_again();

  bool empty() const { return messages_.empty() && taken_.empty(); }
  bool is_sending() const { return sent_ < messages_.size() && !(goes_ahead_ && sent_ > 0); }
  bool is_half_sent() const { return sending_.next != Part::kMethod; }
  // Of all bodies and properties that are not handed out yet.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    OutgoingMessage message;
    std::string properties;    // encoded
    std::uint64_t number = 0;  // on this channel, from 1; 0: not sent to its end
    Verdict verdict = Verdict::kUndecided;
    bool forgotten = false;

    std::size_t bytes() const { return message.body.size() + properties.size(); }
  };
  enum class Part { kMethod, kHeader, kBody };

  Result<Done> handle_method(const amqp_method_t& method);
  Result<Done> handle_content(const amqp_frame_t& frame);
  // Confirms count the messages of a channel from 1, and may come out of order.
  void confirm(std::uint64_t number, bool multiple, Verdict verdict);
  // Notes the verdict on a message that was sent. One that is taken, or forgotten, leaves
  // messages_: true.
  bool decide(std::size_t place, Verdict verdict);
  // The message returned has this body.
  void take_back(std::string_view body);

  // How far the message behind the sent ones is.
  struct Sending {
    Part next = Part::kMethod;
    std::size_t bytes = 0;  // of its body are sent
    // What the latest frame points to.
    amqp_basic_publish_t method{};
    std::unique_ptr<DecodedProperties> properties;
  };

  // The message that the broker is returning.
  struct Returned {
    std::string exchange;
    std::string routing_key;
    ContentAssembly content;
  };

  amqp_channel_t channel_;
  std::string where_;
  std::deque<Entry> messages_;  // in the order of publish()
  std::deque<Entry> taken_;     // in the order of their confirms
  std::size_t bytes_ = 0;       // of both
  std::uint64_t numbers_ = 0;   // so many were sent on this channel
  std::size_t sent_ = 0;        // the first so many of messages_
  bool goes_ahead_ = false;     // the oldest does, and the others wait until it is taken
  Sending sending_;
  Returned returned_;
};

}  // namespace event_consumer
