#include "supervisor/service_report.h"

#include "supervisor/format.h"
#include "supervisor/instance_summary.h"

namespace event_consumer {

void ServiceReport::begin_reload(TimePoint now) {
  notify_.reloading(now);
  was_reloading_ = true;
}

void ServiceReport::begin_stop(const std::string& line, Duration longest) {
  // Killed workers have to end, too.
  constexpr std::chrono::seconds kToEnd{10};
  notify_.stopping(longest + kToEnd);
  notify_.status(line);
}

void ServiceReport::act(InstanceState state, bool is_ready, TimePoint now) {
  notify_.alive(now);
  const bool has_become_ready = is_ready && !was_ready_;
  const bool has_reloaded = is_ready && was_reloading_ && state != InstanceState::kReloading;
  // Whoever stops during a reload is not ready again.
  if ((has_become_ready || has_reloaded) && state != InstanceState::kStopping) notify_.ready();
  was_ready_ = is_ready;
  was_reloading_ = state == InstanceState::kReloading;

  if (now - line_at_ < kPeriod && !has_become_ready) return;
  const double seconds = in_seconds(now - line_at_);
  line_at_ = now;
  if (!notify_.is_listened_to() || state == InstanceState::kStopping) return;
  const InstanceSummary summary = summarise(board_);
  const auto inserted = static_cast<double>(summary.counters.inserted - inserted_then_);
  inserted_then_ = summary.counters.inserted;
  notify_.status(status_line(summary, inserted / seconds, now));
}

}  // namespace event_consumer
