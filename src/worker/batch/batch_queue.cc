#include "worker/batch/batch_queue.h"

#include <iterator>
#include <string>
#include <utility>

namespace event_consumer {

namespace {

// One being posted, one waiting, one being filled: what a full prefetch window of ordinary events
// makes. More are given back to the allocator.
constexpr std::size_t kMostSpare = 2;

std::size_t rows_in(const std::vector<RowGroup>& groups) {
  std::size_t rows = 0;
  for (const RowGroup& group : groups) rows += group.rows;
  return rows;
}

}  // namespace

void BatchQueue::added(DeliveryId message, const std::vector<RowGroup>& groups, TimePoint now) {
  const bool has_room = filling_->empty() || filling_->all_rows() + rows_in(groups) <= limits_.rows;
  if (!has_room || !filling_->takes(groups)) {
    const std::string bytes = filling_->take_uncounted();
    seal(has_room ? FlushReason::kFormat : FlushReason::kRows);
    buffer().append(bytes);
  }
  filling_->add(message, groups, now);
  if (filling_->all_rows() >= limits_.rows)
    seal(FlushReason::kRows);
  else if (filling_->held_bytes() >= limits_.bytes)
    seal(FlushReason::kBytes);
}

void BatchQueue::make_due(FlushReason why) {
  if (!filling_->empty() && !due_) due_ = why;
}

void BatchQueue::seal_due(TimePoint now) {
  const auto due_at = deadline();
  if (!has_sealed() && due_at && *due_at <= now) seal(due_.value_or(FlushReason::kAge));
}

void BatchQueue::seal(FlushReason why) {
  if (filling_->empty()) return;
  ++flushes_[static_cast<std::size_t>(why)];
  filling_->seal();
  sealed_bytes_ += filling_->held_bytes();
  sealed_.push_back(std::exchange(filling_, make_batch()));
  due_.reset();
}

BatchPtr BatchQueue::make_batch() {
  if (spare_.empty()) return std::make_unique<Batch>();
  BatchPtr batch = std::move(spare_.back());
  spare_.pop_back();
  return batch;
}

BatchPtr BatchQueue::take_front() {
  BatchPtr front = std::move(sealed_.front());
  sealed_.pop_front();
  sealed_bytes_ -= front->held_bytes();
  return front;
}

void BatchQueue::recycle(BatchPtr batch) {
  if (spare_.size() >= kMostSpare) return;
  batch->clear();
  spare_.push_back(std::move(batch));
}

std::vector<BatchPtr> BatchQueue::take_all() {
  seal(FlushReason::kFormat);
  return drop_all();
}

std::vector<BatchPtr> BatchQueue::drop_all() {
  filling_->clear();
  due_.reset();
  std::vector<BatchPtr> all(std::make_move_iterator(sealed_.begin()),
                            std::make_move_iterator(sealed_.end()));
  sealed_.clear();
  sealed_bytes_ = 0;
  return all;
}

void BatchQueue::put_first(BatchPtr batch) {
  sealed_bytes_ += batch->held_bytes();
  sealed_.push_front(std::move(batch));
}

void BatchQueue::put_second(BatchPtr batch) {
  sealed_bytes_ += batch->held_bytes();
  sealed_.insert(sealed_.begin() + (sealed_.empty() ? 0 : 1), std::move(batch));
}

void BatchQueue::put_first(std::vector<BatchPtr> batches) {
  sealed_bytes_ += held_bytes_of(batches);
  sealed_.insert(sealed_.begin(), std::make_move_iterator(batches.begin()),
                 std::make_move_iterator(batches.end()));
}

void BatchQueue::put_last(std::vector<BatchPtr> batches) {
  sealed_bytes_ += held_bytes_of(batches);
  sealed_.insert(sealed_.end(), std::make_move_iterator(batches.begin()),
                 std::make_move_iterator(batches.end()));
}

std::optional<TimePoint> BatchQueue::deadline() const {
  if (filling_->empty()) return std::nullopt;
  return due_ ? filling_->oldest() : filling_->oldest() + limits_.delay;
}

}  // namespace event_consumer
