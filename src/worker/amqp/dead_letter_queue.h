// The dead-letter queue from its other end: takes its messages one by one, so that they stay the
// broker's until they are acknowledged. What becomes of them is decided elsewhere. The worker's end
// is AmqpDeadLetters.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "worker/amqp/connection.h"
#include "worker/amqp/dead_letter_headers.h"
#include "worker/amqp/properties.h"
#include "worker/amqp/reply.h"

namespace event_consumer {

// A message taken. It owns what it shows.
class DeadLetter {
 public:
  // `properties` as encoded in the content header.
  DeadLetter(DeliveryTag tag, std::string_view properties, std::string_view body);

  DeliveryTag tag() const { return tag_; }
  const DeadLetterFacts& facts() const { return facts_; }
  std::string_view body() const { return content_->body; }
  const amqp_basic_properties_t& properties() const { return content_->decoded.get(); }

 private:
  struct Content {
    Content(std::string_view of_header, std::string_view of_body)
        : properties(of_header), body(of_body), decoded(properties) {}

    std::string properties;
    std::string body;
    DecodedProperties decoded;  // views of `properties`
  };

  DeliveryTag tag_;
  std::unique_ptr<Content> content_;
  DeadLetterFacts facts_;
};

class DeadLetterQueue {
 public:
  // Connects and looks for the queue, which must exist (kConfiguration). A quorum queue with a
  // delivery limit counts each look: it must take one return at least, and messages from its user.
  static Result<DeadLetterQueue> open(const std::vector<AmqpUrl>& urls,
                                      const std::string& connection_name, const std::string& queue);

  // The messages that waited in the queue when it was opened.
  std::uint32_t waiting() const { return waiting_; }

  // The next message, or nothing when none is left. Nobody else gets it while it is ours.
  Result<std::optional<DeadLetter>> take();

  // Whether the broker drops this message when it comes back once more.
  bool is_last_delivery(const DeadLetter& letter) const;

  // Removes a message taken from the queue, for good.
  Result<Done> acknowledge(DeliveryTag tag);

  // Gives everything taken and not acknowledged back to its place in the queue (a quorum queue with
  // a delivery limit puts it behind the rest; ran: 3.10), waits until the broker has taken all
  // acknowledgements, and closes the connection. When the process dies before, the broker gives
  // back by itself.
  Result<Done> close();

  // For further channels beside channel 1, which is this object's.
  AmqpConnection& connection() { return connection_; }
  const std::string& name() const { return queue_; }
  std::string describe() const { return "queue " + queue_ + " on " + connection_.describe(); }

 private:
  DeadLetterQueue(AmqpConnection connection, std::string queue, std::uint32_t waiting,
                  std::optional<std::int64_t> returns_taken)
      : connection_(std::move(connection)),
        queue_(std::move(queue)),
        waiting_(waiting),
        returns_taken_(returns_taken) {}

  // The rest of a message, behind the answer that announces it.
  Result<DeadLetter> read_content(DeliveryTag tag);
  // The next frame of the queue's channel, or the end of the connection; waits for it, but not for
  // ever.
  Result<amqp_frame_t> wait_for_frame();

  AmqpConnection connection_;
  std::string queue_;
  std::uint32_t waiting_;
  std::optional<std::int64_t> returns_taken_;  // of each message; nothing: as many as there are
};

}  // namespace event_consumer
