// WorkerSlot: one of the places for a worker process, with what is known of the process in it. Pure
// bookkeeping: it holds no descriptor, sends no signal and asks no clock.
#pragma once

#include <sys/types.h>

#include <optional>

#include "common/clock.h"

namespace event_consumer {

//               started()             consumes()
//   kWaiting ──────────────▶ kStarting ─────────▶ kConsuming
//    │  ▲ ▲                   │   │                │   │
//    │  │ └── ended() ────────┘   │                │   │
//    │  └──── ended() ────────────┼────────────────┘   │
//    │ asked_to_stop()            └─ asked_to_stop() ──┤
//    ▼                ended()                          ▼
//   kStopped ◀──────────────────────────────────── kStopping
//
// A start that fails is ended() in kWaiting: it waits anew.
enum class SlotState {
  kWaiting,    // no process; the next one is to be started at start_at()
  kStarting,   // a process runs and has not consumed yet
  kConsuming,  // a process runs and has consumed
  kStopping,   // a process runs and was asked to stop; it gets no successor
  kStopped,    // no process, and there will be none
};

class WorkerSlot {
 public:
  // `number` is what the worker is called by in the log, from 1.
  WorkerSlot(int number, TimePoint start_at) : number_(number), start_at_(start_at) {}

  // Each is one arrow of the drawing. In a state from which no such arrow leaves it has no effect.
  void started(pid_t pid, TimePoint now);
  // Does not wait any longer; only in kWaiting.
  void start_now(TimePoint now);
  void consumes(TimePoint now);
  void asked_to_stop();
  void ended(TimePoint restart_at);

  int number() const { return number_; }
  SlotState state() const { return state_; }
  bool has_process() const { return pid_ != 0; }

  // The process in the slot, 0 if there is none.
  pid_t pid() const { return pid_; }

  // When the next process is due; only in kWaiting.
  std::optional<TimePoint> start_at() const { return start_at_; }

  // How long the process in the slot has run; only while there is one.
  Duration lived(TimePoint now) const { return now - started_at_; }

  // How long it has been consuming, also if it was asked to stop since; nothing if it never was.
  std::optional<Duration> consumed_for(TimePoint now) const;

 private:
  int number_;
  SlotState state_ = SlotState::kWaiting;
  std::optional<TimePoint> start_at_;
  pid_t pid_ = 0;
  TimePoint started_at_;
  std::optional<TimePoint> consuming_since_;
};

}  // namespace event_consumer
