#include "supervisor/worker_slot.h"

namespace event_consumer {

void WorkerSlot::started(pid_t pid, TimePoint now) {
  if (state_ != SlotState::kWaiting) return;
  state_ = SlotState::kStarting;
  start_at_.reset();
  pid_ = pid;
  started_at_ = now;
}

void WorkerSlot::start_now(TimePoint now) {
  if (state_ == SlotState::kWaiting) start_at_ = now;
}

void WorkerSlot::consumes(TimePoint now) {
  if (state_ != SlotState::kStarting) return;
  state_ = SlotState::kConsuming;
  consuming_since_ = now;
}

void WorkerSlot::asked_to_stop() {
  switch (state_) {
    case SlotState::kWaiting:
      state_ = SlotState::kStopped;
      start_at_.reset();
      return;
    case SlotState::kStarting:
    case SlotState::kConsuming:
      state_ = SlotState::kStopping;
      return;
    case SlotState::kStopping:
    case SlotState::kStopped:
      return;
  }
}

void WorkerSlot::ended(TimePoint restart_at) {
  switch (state_) {
    case SlotState::kWaiting:
    case SlotState::kStarting:
    case SlotState::kConsuming:
      state_ = SlotState::kWaiting;
      start_at_ = restart_at;
      break;
    case SlotState::kStopping:
      state_ = SlotState::kStopped;
      break;
    case SlotState::kStopped:
      return;
  }
  pid_ = 0;
  consuming_since_.reset();
}

std::optional<Duration> WorkerSlot::consumed_for(TimePoint now) const {
  if (!consuming_since_) return std::nullopt;
  return now - *consuming_since_;
}

}  // namespace event_consumer
