#include "worker/batch/batch_queue.h"

#include <iterator>
#include <string>
#include <utility>

namespace event_consumer {

// One being posted, one waiting, one being filled: what a full prefetch window of ordinary events
// makes. More are given back to the allocator.
constexpr std::size_t kMostSpare = 2;

void BatchQueue::added(DeliveryId message, std::size_t rows,
                       const std::shared_ptr<const InsertFormat>& format, TimePoint now) {
  if (format != format_) {
    const std::size_t before = filling_->empty() ? 0 : filling_->runs().back().end;
    const std::string bytes(filling_->bytes().substr(before));
    buffer().truncate(before);
    seal(FlushReason::kFormat);
    format_ = format;
    buffer().append(bytes);
  }
  filling_->add(message, rows, now);
  if (filling_->rows() >= limits_.rows)
    seal(FlushReason::kRows);
  else if (filling_->bytes().size() >= limits_.bytes)
    seal(FlushReason::kBytes);
}

void BatchQueue::seal_if_due(TimePoint now) {
  const auto due = deadline();
  if (due && *due <= now) seal(FlushReason::kAge);
}

void BatchQueue::seal(FlushReason why) {
  if (filling_->empty()) return;
  ++flushes_[static_cast<std::size_t>(why)];
  filling_->seal(format_);
  sealed_bytes_ += filling_->bytes().size();
  sealed_.push_back(std::move(filling_));
  if (spare_.empty()) {
    filling_ = std::make_unique<Batch>();
  } else {
    filling_ = std::move(spare_.back());
    spare_.pop_back();
  }
}

BatchPtr BatchQueue::take_front() {
  BatchPtr front = std::move(sealed_.front());
  sealed_.pop_front();
  sealed_bytes_ -= front->bytes().size();
  return front;
}

void BatchQueue::recycle(BatchPtr batch) {
  if (spare_.size() >= kMostSpare) return;
  batch->clear();
  spare_.push_back(std::move(batch));
}

std::vector<BatchPtr> BatchQueue::take_all(std::shared_ptr<const InsertFormat> format) {
  seal(FlushReason::kFormat);
  format_ = std::move(format);
  std::vector<BatchPtr> all(std::make_move_iterator(sealed_.begin()),
                            std::make_move_iterator(sealed_.end()));
  sealed_.clear();
  sealed_bytes_ = 0;
  return all;
}

void BatchQueue::put_first(BatchPtr batch) {
  sealed_bytes_ += batch->bytes().size();
  sealed_.push_front(std::move(batch));
}

void BatchQueue::put_first(std::vector<BatchPtr> batches) {
  for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch)
    put_first(std::move(*batch));
}

void BatchQueue::put_last(std::vector<BatchPtr> batches) {
  for (BatchPtr& batch : batches) {
    sealed_bytes_ += batch->bytes().size();
    sealed_.push_back(std::move(batch));
  }
}

void BatchQueue::drop_all() {
  sealed_.clear();
  sealed_bytes_ = 0;
  filling_->clear();
}

std::optional<TimePoint> BatchQueue::deadline() const {
  if (filling_->empty()) return std::nullopt;
  return filling_->oldest() + limits_.delay;
}

}  // namespace event_consumer
