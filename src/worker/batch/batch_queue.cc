#include "worker/batch/batch_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace event_consumer {

// One being posted, one waiting, one being filled: what a full prefetch window of ordinary events
// makes. More are given back to the allocator.
constexpr std::size_t kMostSpare = 2;

void BatchQueue::added(const Delivery& delivery, TimePoint now) {
  filling_.add(delivery, now);
  if (filling_.rows() >= limits_.rows)
    seal(FlushReason::kRows);
  else if (filling_.bytes().size() >= limits_.bytes)
    seal(FlushReason::kBytes);
}

void BatchQueue::change_format(std::shared_ptr<const InsertFormat> format) {
  seal(FlushReason::kFormat);
  format_ = std::move(format);
}

void BatchQueue::seal_if_due(TimePoint now) {
  const auto due = deadline();
  if (due && *due <= now) seal(FlushReason::kAge);
}

void BatchQueue::seal(FlushReason why) {
  if (filling_.empty()) return;
  ++flushes_[static_cast<std::size_t>(why)];
  filling_.seal(format_);
  sealed_bytes_ += filling_.held_bytes();
  sealed_.push_back(std::move(filling_));
  filling_ = Batch{};
  if (!spare_.empty()) {
    filling_ = std::move(spare_.back());
    spare_.pop_back();
  }
}

Batch BatchQueue::take_front() {
  Batch front = std::move(sealed_.front());
  sealed_.pop_front();
  sealed_bytes_ -= front.held_bytes();
  return front;
}

void BatchQueue::pop() {
  Batch done = take_front();
  if (spare_.size() >= kMostSpare) return;
  done.clear();
  spare_.push_back(std::move(done));
}

std::vector<Batch> BatchQueue::take_all(std::shared_ptr<const InsertFormat> format) {
  change_format(std::move(format));
  std::vector<Batch> all(std::make_move_iterator(sealed_.begin()),
                         std::make_move_iterator(sealed_.end()));
  sealed_.clear();
  sealed_bytes_ = 0;
  return all;
}

void BatchQueue::put_first(std::vector<Batch> batches) {
  for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch) {
    sealed_bytes_ += batch->held_bytes();
    sealed_.push_front(std::move(*batch));
  }
}

void BatchQueue::put_last(std::vector<Batch> batches) {
  for (Batch& batch : batches) {
    sealed_bytes_ += batch.held_bytes();
    sealed_.push_back(std::move(batch));
  }
}

void BatchQueue::drop_all() {
  sealed_.clear();
  sealed_bytes_ = 0;
  filling_.clear();
}

void BatchQueue::drop_all_but_front() {
  // A deque keeps its front where it is when others leave at the back.
  sealed_.resize(1);
  sealed_bytes_ = sealed_.front().held_bytes();
  filling_.clear();
}

std::optional<TimePoint> BatchQueue::deadline() const {
  if (filling_.empty()) return std::nullopt;
  return filling_.oldest() + limits_.delay;
}

}  // namespace event_consumer
