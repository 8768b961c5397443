#include "supervisor/watchdog.h"

#include <algorithm>

#include "common/log.h"
#include "supervisor/format.h"

namespace event_consumer {

namespace {

// From SIGABRT to SIGKILL: a worker that is stopped (SIGSTOP) cannot take the first.
constexpr std::chrono::seconds kAbortPatience{5};

// The supervisor looks every five seconds. When it has not for so long, it stood still itself (a
// container that was paused, a machine that slept), and the workers may have too.
constexpr std::chrono::seconds kStoodStill{10};

}  // namespace

void Watchdog::begin_turn(TimePoint now) {
  if (now - looked_at_ > kStoodStill) watched_since_ = now;
  looked_at_ = now;
}

// A worker that waits for a slow server still publishes its heartbeat.
std::optional<TimePoint> Watchdog::deadline(const WorkerProcess& worker,
                                            const WorkerSetup& setup) const {
  if (worker.is_killed()) return std::nullopt;
  if (worker.has_hung()) return worker.aborted_at() + kAbortPatience;
  return std::max(scoreboard_writer_.heartbeat(worker.address()), watched_since_) +
         setup.worker_timeout;
}

void Watchdog::check(WorkerProcess& worker, const WorkerSetup& setup, TimePoint now) const {
  const auto due_at = deadline(worker, setup);
  if (!due_at || now < *due_at) return;
  if (worker.has_hung()) {
    log::error("{}: does not end by SIGABRT, killed", worker.name());
    return worker.kill();
  }
  log::error(
      "{}: no sign of life for {:.1f} s (--worker-timeout), ended by SIGABRT; what it had not "
      "acknowledged is delivered again",
      worker.name(), in_seconds(now - scoreboard_writer_.heartbeat(worker.address())));
  worker.abort(now);
}

}  // namespace event_consumer
