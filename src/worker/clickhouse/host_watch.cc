#include "worker/clickhouse/host_watch.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "worker/background.h"

namespace event_consumer {
namespace {

constexpr std::chrono::seconds kLongestLook{10};

}  // namespace

struct HostWatch::Shared {
  void run(const std::function<Result<Inspection>()>& look, Duration period);
  void note(Result<Inspection> found, Duration took);

  std::mutex mutex;  // of all below
  std::condition_variable ended;
  bool is_over = false;
  HostLooks looks;
  std::optional<Inspection> seen;
};

void HostWatch::Shared::run(const std::function<Result<Inspection>()>& look, Duration period) {
  std::unique_lock lock(mutex);
  while (!is_over) {
    lock.unlock();
    const TimePoint start = Clock::now();
    auto found = look();
    const Duration took = Clock::now() - start;
    lock.lock();
    note(std::move(found), took);
    ended.wait_for(lock, period, [this] { return is_over; });
  }
}

void HostWatch::Shared::note(Result<Inspection> found, Duration took) {
  std::optional<Error> fault;
  if (!found)
    fault = found.error();
  else if (took > kLongestLook)
    fault = Error{ErrorKind::kUnavailable, "it takes too long to answer"};
  looks.add(fault, Clock::now());
  seen.reset();
  if (!fault) seen = std::move(*found);
}

HostWatch::HostWatch(std::function<Result<Inspection>()> look, Duration period)
    : shared_(std::make_shared<Shared>()) {
  run_in_background(
      [shared = shared_, look = std::move(look), period] { shared->run(look, period); });
}

HostWatch::~HostWatch() {
  const std::lock_guard lock(shared_->mutex);
  shared_->is_over = true;
  shared_->ended.notify_all();
}

HostLooks HostWatch::looks() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->looks;
}

std::optional<Inspection> HostWatch::seen() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->seen;
}

void HostWatch::reject(const Error& fault, TimePoint now) {
  const std::lock_guard lock(shared_->mutex);
  shared_->looks.add(fault, now);
  shared_->seen.reset();
}

}  // namespace event_consumer
