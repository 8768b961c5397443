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
                          amqp_get_rpc_reply(connection.state()), channel);
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

ConfirmedPublisher::Verdict ConfirmedPublisher::verdict() const {
  if (!taken_.empty()) return Verdict::kTaken;
  return messages_.empty() ? Verdict::kUndecided : messages_.front().verdict;
}

OutgoingMessage ConfirmedPublisher::take_next() {
  std::deque<Entry>& from = taken_.empty() ? messages_ : taken_;
  bytes_ -= from.front().bytes();
  OutgoingMessage message = std::move(from.front().message);
  from.pop_front();
  if (&from == &messages_) --sent_;
  return message;
}

Result<Done> ConfirmedPublisher::send_what_fits(AmqpConnection& connection) {
  while (is_sending() && connection.has_room())
    if (auto done = connection.send_frame(*next_frame()); !done) return done;
  return Done{};
}

std::optional<amqp_frame_t> ConfirmedPublisher::next_frame() {
  if (!is_sending()) return std::nullopt;
  Entry& entry = messages_[sent_];
  const OutgoingMessage& message = entry.message;
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
      sending_.properties = std::make_unique<DecodedProperties>(entry.properties);
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
  entry.number = ++numbers_;
  ++sent_;
  return frame;
}

Result<Done> ConfirmedPublisher::handle(const amqp_frame_t& frame) {
  if (frame.channel != channel_ && frame.channel != 0) return Done{};
  return frame.frame_type == AMQP_FRAME_METHOD ? handle_method(frame.payload.method)
                                               : handle_content(frame);
}

Result<Done> ConfirmedPublisher::handle_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      confirm(ack->delivery_tag, ack->multiple != 0, Verdict::kTaken);
      return Done{};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
      confirm(nack->delivery_tag, nack->multiple != 0, Verdict::kRefused);
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

void ConfirmedPublisher::confirm(std::uint64_t number, bool multiple, Verdict verdict) {
  const auto end = messages_.begin() + static_cast<std::ptrdiff_t>(sent_);
  const auto at = std::lower_bound(
      messages_.begin(), end, multiple ? 0 : number,
      [](const Entry& entry, std::uint64_t sought) { return entry.number < sought; });
  auto place = static_cast<std::size_t>(at - messages_.begin());
  while (place < sent_ && messages_[place].number <= number)
    if (messages_[place].verdict != Verdict::kUndecided || !decide(place, verdict)) ++place;
}

bool ConfirmedPublisher::decide(std::size_t place, Verdict verdict) {
  Entry& entry = messages_[place];
  entry.verdict = verdict;
  if (verdict != Verdict::kTaken && !entry.forgotten) return false;
  if (entry.forgotten)
    bytes_ -= entry.bytes();
  else
    taken_.push_back(std::move(entry));
  messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(place));
  --sent_;
  goes_ahead_ = false;
  return true;
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
    decide(static_cast<std::size_t>(found - messages_.begin()), Verdict::kReturned);
  else
    confirm(numbers_, /*multiple=*/true, Verdict::kReturned);
}

void ConfirmedPublisher::forget() {
  std::deque<Entry> half_sent;
  if (is_half_sent()) half_sent.push_back(std::move(messages_[sent_]));
  messages_ = std::move(half_sent);
  taken_.clear();
  sent_ = 0;
  bytes_ = 0;
  if (empty()) return;
  messages_.front().forgotten = true;
  bytes_ = messages_.front().bytes();
}

void ConfirmedPublisher::start_again() {
  if (!messages_.empty() && messages_.front().forgotten) {
    bytes_ -= messages_.front().bytes();
    messages_.pop_front();
  }
  for (Entry& entry : messages_) entry.verdict = Verdict::kUndecided;
  numbers_ = 0;
  sent_ = 0;
  goes_ahead_ = true;
  sending_.next = Part::kMethod;
  returned_ = {};
}

}  // namespace event_consumer
