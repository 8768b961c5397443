// DeliveryAssembly: what the frames of a consumer's channel mean. Puts deliveries together and
// gives every other frame its meaning. Pure: AmqpSource brings the frames from the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/result.h"
#include "worker/amqp/content_assembly.h"
#include "worker/message/source.h"

namespace event_consumer {

class DeliveryAssembly {
 public:
  // `where` is what Source::describe() returns, for errors and logs. `delivery_limit` is that of
  // the queue, if it has one.
  explicit DeliveryAssembly(std::string where,
                            std::optional<std::uint64_t> delivery_limit = std::nullopt)
      : where_(std::move(where)), delivery_limit_(delivery_limit) {}

  // Takes one frame, and returns the event that it completes, if any. A delivery is made of views:
  // of the frames, which must not be released before the event was handled, and of this object.
  // The Error is kLinkLost, or kConfiguration when the server has closed for that.
  Result<std::optional<SourceEvent>> add(const amqp_frame_t& frame);

  // Whether an incomplete delivery is a view of the frames added so far. A large one is not: its
  // frames can be released as they come.
  bool views_frames() const { return content_.views_frames(); }
  // The event returned last was handled.
  void forget() { content_.forget(); }

 private:
  Result<std::optional<SourceEvent>> add_method(const amqp_frame_t& frame);
  void begin(const amqp_basic_deliver_t& deliver);
  Result<std::optional<SourceEvent>> add_content(const amqp_frame_t& frame);
  Error link_lost(const std::string& why) const;

  std::string where_;
  std::optional<std::uint64_t> delivery_limit_;
  Delivery delivery_;  // without its content
  std::string exchange_;
  std::string routing_key_;
  ContentAssembly content_;
};

}  // namespace event_consumer
