#include "worker/batch/batch_queue.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace event_consumer {

namespace {

// One being posted, one waiting, one being filled: what a full prefetch window of ordinary events
// makes. More are given back to the allocator.
constexpr std::size_t kMostSpare = 2;

constexpr std::size_t kMostFilling = 2;

}  // namespace

BatchQueue::BatchQueue(const BatchLimits& limits, std::shared_ptr<const InsertFormat> format)
    : limits_(limits) {
  filling_.push_back({make_batch(), std::move(format)});
}

void BatchQueue::added(DeliveryId message, std::size_t rows,
                       const std::shared_ptr<const InsertFormat>& format, TimePoint now) {
  if (format != filling_[current_].format) {
    const Batch& before = *filling_[current_].batch;
    const std::size_t end = before.empty() ? 0 : before.runs().back().end;
    const std::string bytes(before.bytes().substr(end));
    buffer().truncate(end);
    use(format);
    buffer().append(bytes);
  }
  Filling& current = filling_[current_];
  current.batch->add(message, rows, now);
  if (current.batch->rows() >= limits_.rows) return seal(current, FlushReason::kRows);
  if (filling_bytes() < limits_.bytes) return;
  seal(*std::max_element(filling_.begin(), filling_.end(),
                         [](const Filling& a, const Filling& b) {
                           return a.batch->bytes().size() < b.batch->bytes().size();
                         }),
       FlushReason::kBytes);
}

// Rows of `format` are to be appended now.
void BatchQueue::use(const std::shared_ptr<const InsertFormat>& format) {
  const auto have = [&](const auto& is_it) {
    const auto found = std::find_if(filling_.begin(), filling_.end(), is_it);
    current_ = static_cast<std::size_t>(found - filling_.begin());
    return found != filling_.end();
  };
  if (have([&](const Filling& one) { return one.format == format; })) return;
  if (!have([](const Filling& one) { return one.batch->empty(); })) {
    if (filling_.size() == kMostFilling) {
      seal(filling_.front(), FlushReason::kFormat);
      filling_.erase(filling_.begin());
    }
    filling_.push_back({make_batch(), format});
    current_ = filling_.size() - 1;
  }
  filling_[current_].format = format;
}

void BatchQueue::make_due(FlushReason why) {
  for (Filling& filling : filling_)
    if (!filling.batch->empty() && !filling.due) filling.due = why;
}

TimePoint BatchQueue::due_at(const Filling& filling) const {
  return filling.due ? filling.batch->oldest() : filling.batch->oldest() + limits_.delay;
}

void BatchQueue::seal_due(TimePoint now) {
  for (Filling& filling : filling_) {
    if (has_sealed()) return;
    if (!filling.batch->empty() && due_at(filling) <= now)
      seal(filling, filling.due.value_or(FlushReason::kAge));
  }
}

void BatchQueue::seal(Filling& filling, FlushReason why) {
  if (filling.batch->empty()) return;
  ++flushes_[static_cast<std::size_t>(why)];
  filling.batch->seal(filling.format);
  sealed_bytes_ += filling.batch->bytes().size();
  sealed_.push_back(std::exchange(filling.batch, make_batch()));
  filling.due.reset();
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
  sealed_bytes_ -= front->bytes().size();
  return front;
}

void BatchQueue::recycle(BatchPtr batch) {
  if (spare_.size() >= kMostSpare) return;
  batch->clear();
  spare_.push_back(std::move(batch));
}

std::vector<BatchPtr> BatchQueue::take_all(std::shared_ptr<const InsertFormat> format) {
  for (Filling& filling : filling_) seal(filling, FlushReason::kFormat);
  filling_.erase(filling_.begin() + 1, filling_.end());
  filling_.front().format = std::move(format);
  current_ = 0;
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

void BatchQueue::put_second(BatchPtr batch) {
  sealed_bytes_ += batch->bytes().size();
  sealed_.insert(sealed_.begin() + (sealed_.empty() ? 0 : 1), std::move(batch));
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
  for (Filling& filling : filling_) {
    filling.batch->clear();
    filling.due.reset();
  }
}

std::optional<TimePoint> BatchQueue::deadline() const {
  std::optional<TimePoint> next;
  for (const Filling& filling : filling_)
    if (!filling.batch->empty()) next = earliest(next, due_at(filling));
  return next;
}

std::size_t BatchQueue::filling_bytes() const {
  std::size_t bytes = 0;
  for (const Filling& filling : filling_) bytes += filling.batch->bytes().size();
  return bytes;
}

std::size_t BatchQueue::filling_rows() const {
  std::size_t rows = 0;
  for (const Filling& filling : filling_) rows += filling.batch->rows();
  return rows;
}

}  // namespace event_consumer
