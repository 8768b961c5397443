#include "worker/message/in_flight.h"

#include <utility>

namespace event_consumer {
namespace {

// The others are settled at the broker by the method that gave them their verdict.
bool needs_acknowledgement(Verdict verdict) {
  return verdict == Verdict::kStored || verdict == Verdict::kDeadLettered;
}

}  // namespace

bool InFlight::add(DeliveryTag tag, TimePoint now) {
  if (tag != first_ + entries_.size()) return false;
  entries_.push_back({now, Verdict::kPending});
  ++counts_[static_cast<std::size_t>(Verdict::kPending)];
  ++unacknowledged_;
  return true;
}

bool InFlight::settle(DeliveryTag tag, Verdict verdict) {
  if (tag < first_ || tag - first_ >= entries_.size()) return false;
  Verdict& current = entries_[tag - first_].verdict;
  if (current != Verdict::kPending) return false;
  current = verdict;
  --counts_[static_cast<std::size_t>(Verdict::kPending)];
  ++counts_[static_cast<std::size_t>(verdict)];
  if (!needs_acknowledgement(verdict)) --unacknowledged_;
  return true;
}

std::optional<DeliveryTag> InFlight::take_settled_prefix() {
  std::optional<DeliveryTag> last;
  while (!entries_.empty() && entries_.front().verdict != Verdict::kPending) {
    // A tag that is settled at the broker already must not be named: an unknown tag closes the
    // channel (RabbitMQ, 406 «unknown delivery tag»).
    if (needs_acknowledgement(entries_.front().verdict)) {
      last = first_;
      --unacknowledged_;
    }
    entries_.pop_front();
    ++first_;
  }
  return last;
}

std::optional<TimePoint> InFlight::oldest() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front().taken_at;
}

std::vector<DeliveryTag> InFlight::pending() const {
  std::vector<DeliveryTag> tags;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].verdict == Verdict::kPending) tags.push_back(first_ + i);
  return tags;
}

void InFlight::restart() {
  std::size_t& pending = counts_[static_cast<std::size_t>(Verdict::kPending)];
  counts_[static_cast<std::size_t>(Verdict::kReturned)] += std::exchange(pending, 0);
  entries_.clear();
  first_ = 1;
  unacknowledged_ = 0;
}

}  // namespace event_consumer
