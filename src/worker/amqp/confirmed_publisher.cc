#include "worker/amqp/confirmed_publisher.h"

#include <algorithm>
#include <utility>

#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

// A frame of this size fits every connection: frame-min-size is 4096 (AMQP 0-9-1), and 8 bytes of
// it are the frame's own.
constexpr std::size_t kPieceBytes = 4096 - 8;

}  // namespace

Result<Done> ConfirmedPublisher::ask_for_confirms(AmqpConnection& connection,
                                                  amqp_channel_t channel) {
  amqp_confirm_select(connection.state(), channel);
  return connection.check("cannot ask for publisher confirms on " + connection.describe(),
                          amqp_get_rpc_reply(connection.state()), ErrorKind::kUnavailable, channel);
}

Result<Done> ConfirmedPublisher::publish(OutgoingMessage message,
                                         amqp_basic_properties_t properties) {
  std::string encoded = encode_properties(properties);
  if (encoded.empty() || encoded.size() > AmqpConnection::kFrameMax - kHeaderBytes)
    return Error{ErrorKind::kLinkLost, where_ + ": the properties do not fit a frame"};
  messages_.push_back({std::move(message), std::move(encoded)});
  bytes_ += messages_.back().bytes();
  return Done{};
}

OutgoingMessage ConfirmedPublisher::take_oldest() {
  bytes_ -= messages_.front().bytes();
  OutgoingMessage message = std::move(messages_.front().message);
  messages_.pop_front();
  --sent_;
  ++gone_;
  goes_ahead_ = false;
  return message;
}

Result<Done> ConfirmedPublisher::send_what_fits(AmqpConnection& connection) {
  while (is_sending() && connection.has_room())
    if (auto done = connection.send_frame(*next_frame()); !done) return done;
  return Done{};
}

std::optional<amqp_frame_t> ConfirmedPublisher::next_frame() {
  if (!is_sending()) return std::nullopt;
  const auto& [message, properties, verdict, forgotten] = messages_[sent_];
  amqp_frame_t frame{};
  frame.channel = channel_;
  switch (sending_.next) {
    case Part::kMethod:
      sending_.method = {0, to_bytes(message.exchange), to_bytes(message.routing_key),
                         /*mandatory=*/1, 0};
      frame.frame_type = AMQP_FRAME_METHOD;
      frame.payload.method = {AMQP_BASIC_PUBLISH_METHOD, &sending_.method};
      sending_.next = Part::kHeader;
      return frame;
    case Part::kHeader:
      sending_.properties = std::make_unique<DecodedProperties>(properties);
      frame.frame_type = AMQP_FRAME_HEADER;
      frame.payload.properties.class_id = AMQP_BASIC_CLASS;
      frame.payload.properties.body_size = message.body.size();
      frame.payload.properties.decoded = &sending_.properties->get();
      sending_.next = Part::kBody;
      sending_.bytes = 0;
      break;
    case Part::kBody:
      const auto piece = std::string_view(message.body).substr(sending_.bytes, kPieceBytes);
      sending_.bytes += piece.size();
      frame.frame_type = AMQP_FRAME_BODY;
      frame.payload.body_fragment = to_bytes(piece);
      break;
  }
  if (sending_.bytes < message.body.size()) return frame;
  sending_.next = Part::kMethod;
  ++sent_;
  return frame;
}

Result<Done> ConfirmedPublisher::handle(const amqp_frame_t& frame) {
  if (frame.channel != channel_ && frame.channel != 0) return Done{};
  auto done = frame.frame_type == AMQP_FRAME_METHOD ? handle_method(frame.payload.method)
                                                    : handle_content(frame);
  if (verdict() != Verdict::kUndecided && messages_.front().forgotten) take_oldest();
  return done;
}

Result<Done> ConfirmedPublisher::handle_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      decide(ack->delivery_tag, ack->multiple != 0, Verdict::kTaken);
      return Done{};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
      decide(nack->delivery_tag, nack->multiple != 0, Verdict::kRefused);
      return Done{};
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto* returned = static_cast<const amqp_basic_return_t*>(method.decoded);
      returned_.exchange = to_view(returned->exchange);
      returned_.routing_key = to_view(returned->routing_key);
      returned_.content.begin();
      return Done{};
    }
    case AMQP_CHANNEL_CLOSE_METHOD:
    case AMQP_CONNECTION_CLOSE_METHOD:
      return to_error(where_, to_server_exception(method), ErrorKind::kLinkLost);
    default:
      return Done{};
  }
}

Result<Done> ConfirmedPublisher::handle_content(const amqp_frame_t& frame) {
  if (frame.frame_type != AMQP_FRAME_HEADER && frame.frame_type != AMQP_FRAME_BODY) return Done{};
  const auto complete = returned_.content.add(frame);
  if (!complete) return Error{ErrorKind::kLinkLost, where_ + ": " + complete.error().message};
  if (!complete.value()) return Done{};
  take_back(returned_.content.body());
  returned_.content.forget();
  return Done{};
}

void ConfirmedPublisher::decide(std::uint64_t number, bool multiple, Verdict verdict) {
  if (number <= gone_) return;
  const std::uint64_t end = number - gone_;
  for (std::uint64_t i = multiple ? 0 : end - 1; i < std::min<std::uint64_t>(end, sent_); ++i)
    if (messages_[i].verdict == Verdict::kUndecided) messages_[i].verdict = verdict;
}

// A returned message carries no number. The first message that looks the same is as good as any
// other. When there is none (it was forgotten), any message may be meant, so all count as returned:
// a message is rather sent twice than lost.
void ConfirmedPublisher::take_back(std::string_view body) {
  const auto end = messages_.begin() + static_cast<std::ptrdiff_t>(sent_);
  const auto found = std::find_if(messages_.begin(), end, [&](const Entry& entry) {
    return entry.verdict == Verdict::kUndecided && entry.message.exchange == returned_.exchange &&
           entry.message.routing_key == returned_.routing_key && entry.message.body == body;
  });
  if (found != end)
    found->verdict = Verdict::kReturned;
  else
    decide(gone_ + sent_, /*multiple=*/true, Verdict::kReturned);
}

void ConfirmedPublisher::forget() {
  std::deque<Entry> half_sent;
  if (is_half_sent()) half_sent.push_back(std::move(messages_[sent_]));
  messages_ = std::move(half_sent);
  gone_ += std::exchange(sent_, 0);
  bytes_ = 0;
  if (empty()) return;
  messages_.front().forgotten = true;
  bytes_ = messages_.front().bytes();
}

void ConfirmedPublisher::start_again() {
  if (!empty() && messages_.front().forgotten) {
    bytes_ -= messages_.front().bytes();
    messages_.pop_front();
  }
  for (Entry& entry : messages_) entry.verdict = Verdict::kUndecided;
  gone_ = 0;
  sent_ = 0;
  goes_ahead_ = true;
  sending_.next = Part::kMethod;
  returned_ = {};
}

}  // namespace event_consumer
