#include "supervisor/slot.h"

#include <algorithm>
#include <utility>

namespace event_consumer {

WorkerProcess* Slot::incumbent() {
  return find_in({ProcessState::kStarting, ProcessState::kConsuming});
}

WorkerProcess* Slot::successor() { return find_in({ProcessState::kReplacing}); }

WorkerProcess* Slot::find_in(std::initializer_list<ProcessState> states) {
  for (auto& process : rows_)
    if (process && std::find(states.begin(), states.end(), process->state()) != states.end())
      return &*process;
  return nullptr;
}

std::optional<int> Slot::free_row() const {
  for (int row = 0; row < 2; ++row)
    if (!rows_[static_cast<std::size_t>(row)]) return row;
  return std::nullopt;
}

void Slot::open(TimePoint now) {
  due_ = Due{now, /*is_restart=*/false};
  restarts_ = RestartPolicy();
  last_had_consumed_ = false;
}

void Slot::close() {
  due_.reset();
  if (WorkerProcess* present = incumbent()) present->ask_to_stop();
}

std::optional<TimePoint> Slot::start_at() const {
  if (!due_ || !free_row()) return std::nullopt;
  return due_->at;
}

void Slot::add(WorkerProcess process) {
  if (process.state() == ProcessState::kStarting) due_.reset();
  rows_[static_cast<std::size_t>(process.address().row)] = std::move(process);
}

WorkerProcess Slot::remove(const WorkerProcess& process) {
  auto& row = rows_[static_cast<std::size_t>(process.address().row)];
  return *std::exchange(row, std::nullopt);
}

Duration Slot::incumbent_died(Blame blame, std::optional<Duration> consumed_for,
                              bool instance_has_consumed, TimePoint now) {
  const Duration delay = restarts_.delay_after(blame, consumed_for, instance_has_consumed);
  due_ = Due{now + delay, /*is_restart=*/true};
  last_had_consumed_ = consumed_for.has_value();
  return delay;
}

void Slot::promote_successor(TimePoint now) {
  WorkerProcess* promoted = successor();
  const bool was_open = is_open();
  close();
  promoted->consumes(now);
  // What died before it was another's doing.
  restarts_ = RestartPolicy();
  last_had_consumed_ = false;
  if (!was_open) close();
}

}  // namespace event_consumer
