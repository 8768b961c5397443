#include "worker/inserter_thread.h"

#include <utility>

namespace event_consumer {

InserterThread::InserterThread(Post post) : post_(std::move(post)), thread_([this] { run(); }) {}

InserterThread::~InserterThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  started_.notify_one();
  thread_.join();
}

void InserterThread::start(const Batch& batch) {
  {
    const std::lock_guard lock(mutex_);
    batch_ = &batch;
  }
  started_.notify_one();
}

std::optional<InsertOutcome> InserterThread::take_outcome() {
  finished_.clear();
  const std::lock_guard lock(mutex_);
  return std::exchange(outcome_, std::nullopt);
}

void InserterThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    started_.wait(lock, [this] { return batch_ != nullptr || ending_; });
    if (batch_ == nullptr) return;
    const Batch& batch = *std::exchange(batch_, nullptr);
    lock.unlock();
    InsertOutcome outcome = post_(batch);
    lock.lock();
    outcome_ = std::move(outcome);
    finished_.signal();
  }
}

}  // namespace event_consumer
