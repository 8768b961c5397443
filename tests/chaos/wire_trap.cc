#include "tests/chaos/wire_trap.h"

#include <csignal>
#include <memory>
#include <thread>

#include "tests/chaos/ack_filter.h"
#include "tests/chaos/insert_filter.h"
#include "tests/support/proc.h"

namespace event_consumer::testing {

void WireTrap::arm(FaultKind fault, int times, std::chrono::microseconds delay) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  times_ = times;
  delay_ = delay;
  struck_ = 0;
  missed_ = false;
}

void WireTrap::disarm() {
  const std::lock_guard lock(mutex_);
  times_ = 0;
}

std::optional<FaultKind> WireTrap::claim(FaultKind first, FaultKind last) {
  const std::lock_guard lock(mutex_);
  if (times_ == 0 || fault_ < first || fault_ > last) return std::nullopt;
  --times_;
  return fault_;
}

pid_t WireTrap::worker_at(int port) const {
  return owner_of_port(child_pids(supervisor_), port).value_or(0);
}

void WireTrap::kill_worker(pid_t worker) {
  if (worker > 0)
    kill(worker, SIGKILL);
  else
    missed_ = true;
  strike();
}

void WireTrap::kill_worker_later(pid_t worker) {
  std::chrono::microseconds delay;
  {
    const std::lock_guard lock(mutex_);
    delay = delay_;
  }
  std::this_thread::sleep_for(delay);
  kill_worker(worker);
}

MakeFilter WireTrap::insert_filters() {
  return [this](int port) { return std::make_unique<InsertFilter>(*this, port); };
}

MakeFilter WireTrap::ack_filters() {
  return [this](int port) { return std::make_unique<AckFilter>(*this, port); };
}

}  // namespace event_consumer::testing
