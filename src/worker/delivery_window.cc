#include "worker/delivery_window.h"

#include <utility>

namespace event_consumer {
namespace {

// The others are settled at the broker by the method that gave them their verdict.
bool needs_acknowledgement(Verdict verdict) {
  return verdict == Verdict::kStored || verdict == Verdict::kDeadLettered;
}

}  // namespace

bool DeliveryWindow::add(DeliveryTag tag) {
  if (tag != first_ + verdicts_.size()) return false;
  verdicts_.push_back(Verdict::kPending);
  ++counts_[static_cast<std::size_t>(Verdict::kPending)];
  ++unacknowledged_;
  return true;
}

bool DeliveryWindow::settle(DeliveryTag tag, Verdict verdict) {
  if (tag < first_ || tag - first_ >= verdicts_.size()) return false;
  Verdict& current = verdicts_[tag - first_];
  if (current != Verdict::kPending) return false;
  current = verdict;
  --counts_[static_cast<std::size_t>(Verdict::kPending)];
  ++counts_[static_cast<std::size_t>(verdict)];
  if (!needs_acknowledgement(verdict)) --unacknowledged_;
  return true;
}

std::optional<DeliveryTag> DeliveryWindow::take_settled_prefix() {
  std::optional<DeliveryTag> last;
  while (!verdicts_.empty() && verdicts_.front() != Verdict::kPending) {
    // A tag that is settled at the broker already must not be named: an unknown tag closes the
    // channel (RabbitMQ, 406 «unknown delivery tag»).
    if (needs_acknowledgement(verdicts_.front())) {
      last = first_;
      --unacknowledged_;
    }
    verdicts_.pop_front();
    ++first_;
  }
  return last;
}

void DeliveryWindow::restart() {
  std::size_t& pending = counts_[static_cast<std::size_t>(Verdict::kPending)];
  counts_[static_cast<std::size_t>(Verdict::kReturned)] += std::exchange(pending, 0);
  verdicts_.clear();
  first_ = 1;
  unacknowledged_ = 0;
}

}  // namespace event_consumer
