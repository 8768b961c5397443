#include "worker/amqp/delivery_assembly.h"

#include <string>
#include <vector>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/worker/amqp/counted.h"
#include "tests/worker/amqp/frames.h"

namespace event_consumer {
namespace {

using Kind = SourceEvent::Kind;

// An assembly, and what becomes of frames that are put into it.
class Channel {
 public:
  explicit Channel(std::optional<std::uint64_t> delivery_limit = std::nullopt)
      : assembly_("queue q on RabbitMQ h", delivery_limit) {}

  Result<std::optional<SourceEvent>> add(const amqp_frame_t& frame) { return assembly_.add(frame); }
  Result<std::optional<SourceEvent>> deliver(DeliveryTag tag, bool redelivered = false) {
    deliver_ = {};
    deliver_.delivery_tag = tag;
    deliver_.redelivered = redelivered ? 1 : 0;
    deliver_.exchange = amqp_cstring_bytes("url_shortener");
    deliver_.routing_key = amqp_cstring_bytes("click_events");
    return add(method_frame(AMQP_BASIC_DELIVER_METHOD, &deliver_));
  }

  bool takes(const amqp_frame_t& frame) { return is_incomplete(add(frame)); }
  bool takes_deliver(DeliveryTag tag, bool redelivered = false) {
    return is_incomplete(deliver(tag, redelivered));
  }
  bool views_frames() const { return assembly_.views_frames(); }
  // The event that the frame completes; kNone when it completes none or is refused.
  SourceEvent event(const amqp_frame_t& frame) {
    const auto event = add(frame);
    return event && event.value() ? *event.value() : SourceEvent{};
  }
  Error error(const amqp_frame_t& frame) {
    const auto event = add(frame);
    return event ? Error{ErrorKind::kInternal, "none"} : event.error();
  }

 private:
  static bool is_incomplete(const Result<std::optional<SourceEvent>>& event) {
    return event && !event.value();
  }

  DeliveryAssembly assembly_;
  amqp_basic_deliver_t deliver_{};
};

TEST_CASE("delivery assembly: the queue was counted", "[delivery_assembly]") {
  Channel channel;
  amqp_queue_declare_ok_t counted{to_bytes("q"), 7, 2};
  const SourceEvent event = channel.event(method_frame(AMQP_QUEUE_DECLARE_OK_METHOD, &counted));
  CHECK(event.kind == Kind::kCounted);
  CHECK(event.queue.messages == 7);
  CHECK(event.queue.consumers == 2);
}

TEST_CASE("delivery assembly: a body in one frame is a view of it", "[delivery_assembly]") {
  Channel channel;
  REQUIRE(channel.takes_deliver(7));
  REQUIRE(channel.takes(header_frame(4, "properties")));
  const std::string body = "body";
  const SourceEvent event = channel.event(body_frame(body));
  REQUIRE(event.kind == Kind::kDelivery);
  CHECK(event.delivery.tag == 7);
  CHECK_FALSE(event.delivery.redelivered);
  CHECK(event.delivery.exchange == "url_shortener");
  CHECK(event.delivery.routing_key == "click_events");
  CHECK(event.delivery.properties == "properties");
  CHECK(event.delivery.body == "body");
  CHECK(event.delivery.body.data() == body.data());
}

TEST_CASE("delivery assembly: a body in several frames is joined, and outlives them",
          "[delivery_assembly]") {
  Channel channel;
  REQUIRE(channel.takes_deliver(1, /*redelivered=*/true));
  REQUIRE(channel.takes(header_frame(6)));
  std::string piece = "ab";
  REQUIRE(channel.takes(body_frame(piece)));
  piece = "cd";
  REQUIRE(channel.takes(body_frame(piece)));
  piece = "ef";
  const SourceEvent event = channel.event(body_frame(piece));
  piece = "??";
  REQUIRE(event.kind == Kind::kDelivery);
  CHECK(event.delivery.redelivered);
  CHECK(event.delivery.body == "abcdef");
}

// The frames of a message of 120 MiB would else all be there at one time.
TEST_CASE("delivery assembly: of a large delivery no frame is needed behind the next",
          "[delivery_assembly]") {
  Channel channel;
  CHECK_FALSE(channel.views_frames());
  REQUIRE(channel.takes_deliver(1));
  CHECK(channel.views_frames());
  std::string properties = "properties";
  REQUIRE(channel.takes(header_frame(4, properties)));
  CHECK(channel.views_frames());
  REQUIRE(channel.takes(body_frame("ab")));
  CHECK_FALSE(channel.views_frames());
  properties = "overwritten";
  const SourceEvent event = channel.event(body_frame("cd"));
  CHECK(event.delivery.properties == "properties");
  CHECK(event.delivery.exchange == "url_shortener");
  CHECK(event.delivery.routing_key == "click_events");
  CHECK(event.delivery.body == "abcd");
  CHECK_FALSE(channel.views_frames());
}

TEST_CASE("delivery assembly: an empty body has no frame, an empty frame adds nothing",
          "[delivery_assembly]") {
  Channel channel;
  REQUIRE(channel.takes_deliver(1));
  const SourceEvent empty = channel.event(header_frame(0, "p"));
  REQUIRE(empty.kind == Kind::kDelivery);
  CHECK(empty.delivery.body.empty());
  CHECK(empty.delivery.properties == "p");

  REQUIRE(channel.takes_deliver(2));
  REQUIRE(channel.takes(header_frame(2)));
  REQUIRE(channel.takes(body_frame("")));
  CHECK(channel.event(body_frame("ab")).delivery.body == "ab");
}

TEST_CASE("delivery assembly: nothing of one delivery is left in the next", "[delivery_assembly]") {
  Channel channel;
  REQUIRE(channel.takes_deliver(1, /*redelivered=*/true));
  REQUIRE(channel.takes(header_frame(4, "properties")));
  REQUIRE(channel.takes(body_frame("ab")));
  REQUIRE(channel.event(body_frame("cd")).delivery.body == "abcd");
  REQUIRE(channel.takes_deliver(2));
  REQUIRE(channel.takes(header_frame(2)));
  const SourceEvent event = channel.event(body_frame("xy"));
  CHECK(event.delivery.tag == 2);
  CHECK_FALSE(event.delivery.redelivered);
  CHECK(event.delivery.properties.empty());
  CHECK(event.delivery.body == "xy");
}

TEST_CASE("delivery assembly: the broker's answers", "[delivery_assembly]") {
  Channel channel;
  CHECK(channel.event(method_frame(AMQP_BASIC_CONSUME_OK_METHOD)).kind == Kind::kConsuming);
  CHECK(channel.event(method_frame(AMQP_BASIC_CANCEL_OK_METHOD)).kind == Kind::kCancelled);
  CHECK(channel.event(method_frame(AMQP_BASIC_QOS_OK_METHOD)).kind == Kind::kSettled);
}

TEST_CASE("delivery assembly: what means nothing is passed over", "[delivery_assembly]") {
  Channel channel;
  CHECK(channel.takes(method_frame(AMQP_BASIC_RECOVER_OK_METHOD)));
  amqp_frame_t heartbeat{};
  heartbeat.frame_type = AMQP_FRAME_HEARTBEAT;
  CHECK(channel.takes(heartbeat));
}

TEST_CASE("delivery assembly: what the connection says may interrupt a delivery",
          "[delivery_assembly]") {
  Channel channel;
  REQUIRE(channel.takes_deliver(3));
  CHECK(channel.takes(method_frame(AMQP_CONNECTION_BLOCKED_METHOD, nullptr, /*channel=*/0)));
  REQUIRE(channel.takes(header_frame(2)));
  CHECK(channel.takes(method_frame(AMQP_CONNECTION_UNBLOCKED_METHOD, nullptr, /*channel=*/0)));
  const SourceEvent event = channel.event(body_frame("ab"));
  CHECK(event.delivery.tag == 3);
  CHECK(event.delivery.body == "ab");
}

TEST_CASE("delivery assembly: a consumer cancelled by the server is a lost link",
          "[delivery_assembly]") {
  const Error error = Channel().error(method_frame(AMQP_BASIC_CANCEL_METHOD));
  CHECK(error.kind == ErrorKind::kLinkLost);
  CHECK(contains(error.message, "lost queue q on RabbitMQ h: the server cancelled the consumer"));
}

TEST_CASE("delivery assembly: a close says why, also amid a delivery", "[delivery_assembly]") {
  amqp_channel_close_t channel_close{};
  channel_close.reply_code = 406;
  channel_close.reply_text = amqp_cstring_bytes("PRECONDITION_FAILED - unknown delivery tag 1");
  const amqp_frame_t closed = method_frame(AMQP_CHANNEL_CLOSE_METHOD, &channel_close);
  const Error refusal = Channel().error(closed);
  CHECK(refusal.kind == ErrorKind::kConfiguration);
  CHECK(refusal.message ==
        "lost queue q on RabbitMQ h: the server says 406 PRECONDITION_FAILED - unknown delivery "
        "tag 1");
  Channel amid;
  REQUIRE(amid.takes_deliver(1));
  CHECK(amid.error(closed).message == refusal.message);

  amqp_connection_close_t connection_close{};
  connection_close.reply_code = 320;
  connection_close.reply_text = amqp_cstring_bytes("CONNECTION_FORCED - shutdown");
  const Error forced =
      Channel().error(method_frame(AMQP_CONNECTION_CLOSE_METHOD, &connection_close, 0));
  CHECK(forced.kind == ErrorKind::kLinkLost);
  CHECK(contains(forced.message, "320 CONNECTION_FORCED - shutdown"));
}

TEST_CASE("delivery assembly: a body longer than announced", "[delivery_assembly]") {
  const std::vector<std::vector<std::string>> bodies = {{"abcd"}, {"ab", "cd"}};
  for (const auto& pieces : bodies) {
    Channel channel;
    REQUIRE(channel.takes_deliver(1));
    REQUIRE(channel.takes(header_frame(3)));
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
      REQUIRE(channel.takes(body_frame(pieces[i])));
    const Error error = channel.error(body_frame(pieces.back()));
    CHECK(error.kind == ErrorKind::kLinkLost);
    CHECK(contains(error.message, "a body is longer than its header says"));
  }
}

// Whoever went on here would acknowledge a message that nobody has seen.
TEST_CASE("delivery assembly: frames out of turn end the link", "[delivery_assembly]") {
  CHECK(contains(Channel().error(header_frame(1)).message, "a header came out of turn"));
  CHECK(contains(Channel().error(body_frame("a")).message, "a body came out of turn"));

  Channel no_header;
  REQUIRE(no_header.takes_deliver(1));
  CHECK(no_header.error(body_frame("a")).kind == ErrorKind::kLinkLost);

  Channel second_header;
  REQUIRE(second_header.takes_deliver(1));
  REQUIRE(second_header.takes(header_frame(1)));
  CHECK(second_header.error(header_frame(1)).kind == ErrorKind::kLinkLost);

  Channel too_many;
  REQUIRE(too_many.takes_deliver(1));
  REQUIRE(too_many.event(header_frame(0)).kind == Kind::kDelivery);
  CHECK(too_many.error(body_frame("")).kind == ErrorKind::kLinkLost);

  Channel interrupted;
  REQUIRE(interrupted.takes_deliver(1));
  REQUIRE(interrupted.takes(header_frame(2)));
  CHECK(contains(interrupted.error(method_frame(AMQP_BASIC_CONSUME_OK_METHOD)).message,
                 "interrupted by another method"));
  CHECK_FALSE(interrupted.deliver(2).ok());
}

// RabbitMQ drops a message when it comes back more often than the limit.
TEST_CASE("delivery assembly: knows the last delivery that a queue permits",
          "[delivery_assembly]") {
  const auto is_last = [](std::optional<std::uint64_t> limit, std::int64_t count,
                          bool redelivered = true) {
    Channel channel(limit);
    const std::string properties = counted("x-delivery-count", count);
    REQUIRE(channel.takes_deliver(1, redelivered));
    return channel.event(header_frame(0, properties)).delivery.is_last;
  };
  CHECK_FALSE(is_last(3, 2));
  CHECK(is_last(3, 3));
  CHECK(is_last(3, 4));
  CHECK_FALSE(is_last(std::nullopt, 1000));
  // The publisher's own header.
  CHECK_FALSE(is_last(3, 3, /*redelivered=*/false));
  CHECK(is_last(0, 0, /*redelivered=*/false));
}

}  // namespace
}  // namespace event_consumer
