#include "supervisor/rollout.h"

#include <algorithm>
#include <utility>

namespace event_consumer {

void Rollout::begin(int slots) {
  waiting_.clear();
  for (int slot = 1; slot <= slots; ++slot) waiting_.push_back(slot);
  not_before_.reset();
}

void Rollout::add(int slot) {
  if (std::find(waiting_.begin(), waiting_.end(), slot) == waiting_.end()) waiting_.push_back(slot);
}

void Rollout::forget(int slot) {
  waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), slot), waiting_.end());
}

std::optional<int> Rollout::start_next(TimePoint now) {
  if (active_ || waiting_.empty() || (not_before_ && now < *not_before_)) return std::nullopt;
  not_before_.reset();
  active_ = waiting_.front();
  waiting_.pop_front();
  started_at_ = now;
  return active_;
}

void Rollout::failed(TimePoint now, bool again) {
  const auto slot = std::exchange(active_, std::nullopt);
  if (!again) return waiting_.clear();
  if (slot) add(*slot);
  not_before_ = now + kPauseAfterFailure;
}

std::optional<TimePoint> Rollout::give_up_at() const {
  if (!active_) return std::nullopt;
  return started_at_ + patience_;
}

std::optional<TimePoint> Rollout::deadline() const {
  if (active_) return give_up_at();
  if (waiting_.empty()) return std::nullopt;
  return not_before_.value_or(TimePoint{});
}

}  // namespace event_consumer
