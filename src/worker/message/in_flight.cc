#include "worker/message/in_flight.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace event_consumer {

// The others are settled at the broker by the method that gave them their verdict.
bool InFlight::needs_acknowledgement(const Message& message) {
  return message.verdict == Verdict::kStored || message.verdict == Verdict::kDeadLettered ||
         message.verdict == Verdict::kRecognised;
}

bool InFlight::is_settled_at_broker(const Message& message) {
  return message.verdict != Verdict::kPending && !needs_acknowledgement(message);
}

std::optional<DeliveryId> InFlight::add(const Delivery& delivery, TimePoint now,
                                        const Fingerprint& fingerprint) {
  if (delivery.tag != last_tag_ + 1) return std::nullopt;
  Message& message = messages_.emplace_back();
  message.tag = last_tag_ = delivery.tag;
  message.taken_at = now;
  message.fingerprint = fingerprint;
  message.is_last = delivery.is_last;
  message.redelivered = delivery.redelivered;
  if (message.is_last) ++last_in_hand_;
  ++counts_[static_cast<std::size_t>(Verdict::kPending)];
  ++unacknowledged_;
  ++consumer_.unacknowledged;
  return DeliveryId{link_, delivery.tag};
}

void InFlight::consumer_begins(std::size_t prefetch) { consumer_ = {prefetch, last_tag()}; }

void InFlight::not_waited_for(DeliveryTag tag) {
  --unacknowledged_;
  if (tag > consumer_.after) --consumer_.unacknowledged;
}

std::optional<Fingerprint> InFlight::fingerprint(DeliveryId id) const {
  const Message* message = find(id);
  return message == nullptr ? std::nullopt : std::optional(message->fingerprint);
}

void InFlight::keep(DeliveryId id, const Delivery& delivery) {
  Message& message = *find(id);
  message.content.reserve(delivery.body.size() + delivery.exchange.size() +
                          delivery.routing_key.size() + delivery.properties.size());
  message.content.append(delivery.body)
      .append(delivery.exchange)
      .append(delivery.routing_key)
      .append(delivery.properties);
  message.body_size = delivery.body.size();
  message.exchange_size = static_cast<std::uint8_t>(delivery.exchange.size());
  message.routing_key_size = static_cast<std::uint8_t>(delivery.routing_key.size());
  held_bytes_ += message.content.size();
  if (message.is_last && !message.content.empty()) ++last_kept_;
}

void InFlight::set_published_at(DeliveryId id, std::optional<double> published_at) {
  if (Message* message = find(id)) message->published_at = published_at;
}

std::optional<double> InFlight::published_at(DeliveryId id) const {
  const Message* message = find(id);
  return message == nullptr ? std::nullopt : message->published_at;
}

Delivery InFlight::content(DeliveryId id) const {
  const Message& message = *find(id);
  std::string_view rest = message.content;
  const auto take = [&rest](std::size_t size) {
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  };
  Delivery delivery;
  delivery.tag = id.tag;
  delivery.redelivered = message.redelivered;
  delivery.is_last = message.is_last;
  delivery.taken_at = message.taken_at;
  delivery.body = take(message.body_size);
  delivery.exchange = take(message.exchange_size);
  delivery.routing_key = take(message.routing_key_size);
  delivery.properties = rest;
  return delivery;
}

bool InFlight::keeps(DeliveryId id) const {
  const Message* message = find(id);
  return message != nullptr && !message->content.empty();
}

void InFlight::let_go(DeliveryId id) {
  if (Message* message = find(id)) free_content(*message);
}

bool InFlight::settle(DeliveryId id, Verdict verdict) {
  Message* message = find(id);
  if (message == nullptr || message->verdict != Verdict::kPending) return false;
  message->verdict = verdict;
  free_content(*message);
  if (message->is_last) --last_in_hand_;
  --counts_[static_cast<std::size_t>(Verdict::kPending)];
  ++counts_[static_cast<std::size_t>(verdict)];
  if (!needs_acknowledgement(*message)) not_waited_for(id.tag);
  return true;
}

std::vector<DeliveryId> InFlight::last_kept() const {
  std::vector<DeliveryId> kept;
  if (last_kept_ == 0) return kept;
  for (const Message& message : messages_)
    if (message.is_last && !message.content.empty()) kept.push_back({link_, message.tag});
  return kept;
}

std::optional<DeliveryTag> InFlight::take_settled_prefix() {
  std::optional<DeliveryTag> last;
  for (; !messages_.empty() && messages_.front().verdict != Verdict::kPending;
       messages_.pop_front()) {
    // A tag that is settled at the broker already must not be named: an unknown tag closes the
    // channel (RabbitMQ, 406 «unknown delivery tag»).
    if (!needs_acknowledgement(messages_.front())) continue;
    last = messages_.front().tag;
    not_waited_for(*last);
  }
  while (!messages_.empty() && is_settled_at_broker(messages_.back())) messages_.pop_back();
  return last;
}

std::vector<DeliveryTag> InFlight::take_settled_behind() {
  std::vector<DeliveryTag> tags;
  for (const Message& message : messages_) {
    if (!needs_acknowledgement(message)) continue;
    tags.push_back(message.tag);
    not_waited_for(message.tag);
  }
  const auto is_settled = [](const Message& each) { return each.verdict != Verdict::kPending; };
  messages_.erase(std::remove_if(messages_.begin(), messages_.end(), is_settled), messages_.end());
  return tags;
}

std::optional<TimePoint> InFlight::oldest() const {
  if (messages_.empty()) return std::nullopt;
  return messages_.front().taken_at;
}

std::vector<InFlight::Step> InFlight::give_back_all() {
  std::vector<Step> steps;
  for (; !messages_.empty(); messages_.pop_front()) {
    const DeliveryTag tag = messages_.front().tag;
    if (is_settled_at_broker(messages_.front())) continue;
    const bool is_return = messages_.front().verdict == Verdict::kPending;
    if (is_return)
      settle({link_, tag}, Verdict::kReturned);
    else
      not_waited_for(tag);
    if (steps.empty() || steps.back().is_return != is_return) steps.push_back({tag, is_return});
    steps.back().up_to = tag;
  }
  return steps;
}

void InFlight::lose_link() {
  std::size_t& pending = counts_[static_cast<std::size_t>(Verdict::kPending)];
  counts_[static_cast<std::size_t>(Verdict::kReturned)] += std::exchange(pending, 0);
  ++link_;
  messages_.clear();
  last_tag_ = 0;
  unacknowledged_ = 0;
  consumer_ = {consumer_.prefetch};
  last_in_hand_ = last_kept_ = 0;
  held_bytes_ = 0;
}

const InFlight::Message* InFlight::find(DeliveryId id) const {
  if (id.link != link_ || messages_.empty() || id.tag < messages_.front().tag) return nullptr;
  // Where none before it was dropped it stands there, else nearer to the front.
  const DeliveryTag behind_front = id.tag - messages_.front().tag;
  const auto furthest =
      messages_.begin() + static_cast<std::ptrdiff_t>(std::min(behind_front, messages_.size() - 1));
  const auto found =
      std::lower_bound(furthest->tag == id.tag ? furthest : messages_.begin(), furthest, id.tag,
                       [](const Message& message, DeliveryTag tag) { return message.tag < tag; });
  return found->tag == id.tag ? &*found : nullptr;
}

InFlight::Message* InFlight::find(DeliveryId id) {
  return const_cast<Message*>(std::as_const(*this).find(id));
}

void InFlight::free_content(Message& message) {
  held_bytes_ -= message.content.size();
  if (message.is_last && !message.content.empty()) --last_kept_;
  std::string().swap(message.content);
}

}  // namespace event_consumer
