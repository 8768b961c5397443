// Rollout: which slot's worker is replaced next, one at a time: at a reload all of them, else those
// that asked for it. Only decisions: the fleet reports each replacement that starts, consumes or
// fails.
#pragma once

#include <deque>
#include <optional>

#include "common/clock.h"

namespace event_consumer {

class Rollout {
 public:
  static constexpr std::chrono::seconds kPauseAfterFailure{30};

  // `patience` is how long a replacement may take until it consumes.
  explicit Rollout(Duration patience) : patience_(patience) {}
  void set_patience(Duration patience) { patience_ = patience; }

  // The slots from 1 to `slots`, in order, in place of all that were waiting. A replacement under
  // way goes on; its slot has its turn again.
  void begin(int slots);

  // One slot more, as soon as those before it are done.
  void add(int slot);

  // The slot need not be replaced any more, unless it is the active one.
  void forget(int slot);

  // The slot to start a replacement in now, if any. It is then the active one.
  std::optional<int> start_next(TimePoint now);

  // The one that has its turn next.
  std::optional<int> next() const {
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.front());
  }
  std::optional<int> active() const { return active_; }
  bool idle() const { return !active_ && waiting_.empty(); }

  // The active replacement consumes, is given up, or there is nothing to replace.
  void succeeded() { active_.reset(); }

  // The active replacement died or took too long: the next would fare no better. With `again` all
  // go on after kPauseAfterFailure, the slot that failed as the last; else nothing more is
  // replaced.
  void failed(TimePoint now, bool again);

  // When the active replacement has taken too long.
  std::optional<TimePoint> give_up_at() const;

  // The earliest time at which this has something to do.
  std::optional<TimePoint> deadline() const;

 private:
  Duration patience_;
  std::deque<int> waiting_;
  std::optional<int> active_;
  TimePoint started_at_{};
  std::optional<TimePoint> not_before_;
};

}  // namespace event_consumer
