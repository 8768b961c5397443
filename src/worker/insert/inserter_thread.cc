#include "worker/insert/inserter_thread.h"

#include <utility>

namespace event_consumer {

InserterThread::InserterThread(Post post, CheckTable check_table)
    : post_(std::move(post)), check_table_(std::move(check_table)), thread_([this] { run(); }) {}

InserterThread::~InserterThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  started_.notify_one();
  thread_.join();
}

void InserterThread::hand_over(Request request) {
  {
    const std::lock_guard lock(mutex_);
    request_ = request;
  }
  started_.notify_one();
}

std::optional<InserterThread::Outcome> InserterThread::take_outcome() {
  finished_.clear();
  const std::lock_guard lock(mutex_);
  return std::exchange(outcome_, std::nullopt);
}

void InserterThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    started_.wait(lock, [this] { return request_.has_value() || ending_; });
    if (!request_) return;
    const Request request = *std::exchange(request_, std::nullopt);
    lock.unlock();
    Outcome outcome = carry_out(request);
    lock.lock();
    outcome_ = std::move(outcome);
    finished_.signal();
  }
}

InserterThread::Outcome InserterThread::carry_out(const Request& request) {
  if (const auto* batch = std::get_if<const Batch*>(&request)) return post_(**batch);
  return check_table_(std::get<TableCheck>(request).is_settled);
}

}  // namespace event_consumer
