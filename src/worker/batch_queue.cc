#include "worker/batch_queue.h"

#include <utility>

namespace event_consumer {

// One being posted, one waiting, one being filled: what a full prefetch window of ordinary events
// makes. More are given back to the allocator.
constexpr std::size_t kMostSpare = 2;

void BatchQueue::added(DeliveryTag tag, TimePoint now) {
  filling_.add(tag, now);
  if (filling_.rows() >= limits_.rows || filling_.bytes().size() >= limits_.bytes) seal();
}

void BatchQueue::seal_if_due(TimePoint now) {
  const auto due = deadline();
  if (due && *due <= now) seal();
}

void BatchQueue::seal() {
  if (filling_.empty()) return;
  filling_.seal();
  sealed_bytes_ += filling_.bytes().size();
  sealed_.push_back(std::move(filling_));
  filling_ = Batch{};
  if (!spare_.empty()) {
    filling_ = std::move(spare_.back());
    spare_.pop_back();
  }
}

void BatchQueue::pop() {
  Batch done = std::move(sealed_.front());
  sealed_.pop_front();
  sealed_bytes_ -= done.bytes().size();
  if (spare_.size() >= kMostSpare) return;
  done.clear();
  spare_.push_back(std::move(done));
}

void BatchQueue::drop_all() {
  sealed_.clear();
  sealed_bytes_ = 0;
  filling_.clear();
}

void BatchQueue::drop_all_but_front() {
  // A deque keeps its front where it is when others leave at the back.
  sealed_.resize(1);
  sealed_bytes_ = sealed_.front().bytes().size();
  filling_.clear();
}

std::optional<TimePoint> BatchQueue::deadline() const {
  if (filling_.empty()) return std::nullopt;
  return filling_.oldest() + limits_.delay;
}

}  // namespace event_consumer
