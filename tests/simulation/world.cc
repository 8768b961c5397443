#include "tests/simulation/world.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace event_consumer::simulation {

void World::at(TimePoint when, std::function<void()> action) {
  timers_.push({std::max(when, now_), timers_made_++, std::move(action)});
}

std::optional<TimePoint> World::next_timer() const {
  return timers_.empty() ? std::nullopt : std::optional(timers_.top().when);
}

void World::advance(TimePoint to) {
  while (!timers_.empty() && timers_.top().when <= to) {
    now_ = std::max(now_, timers_.top().when);
    const auto action = std::move(const_cast<Timer&>(timers_.top()).action);
    timers_.pop();
    action();
  }
  now_ = std::max(now_, to);
}

void World::note(int worker, const char* what, std::uint64_t a, std::uint64_t b) {
  Note& note = notes_[noted_++ % notes_.size()];
  note = {now_, worker, what, a, b};
  for (const std::uint64_t part :
       {static_cast<std::uint64_t>(now_.time_since_epoch().count()), a, b})
    fingerprint_ = (fingerprint_ ^ part) * 0x100000001b3;  // FNV
  if (tells_) std::fputs(line(note).c_str(), stderr);
}

void World::require(bool holds, const char* promise, int worker, std::uint64_t a, std::uint64_t b) {
  if (holds || has_failed()) return;
  note(worker, promise, a, b);
  failure_ = line(notes_[(noted_ - 1) % notes_.size()]);
}

std::string World::line(const Note& note) {
  const double seconds = std::chrono::duration<double>(note.when.time_since_epoch()).count() - 3600;
  return fmt::format("{:12.4f} s  {:>9}  {}  {} {}\n", seconds,
                     note.worker == 0 ? "" : fmt::format("worker {}", note.worker), note.what,
                     note.a, note.b);
}

std::string World::story() const {
  std::string story;
  for (std::size_t i = noted_ > notes_.size() ? noted_ - notes_.size() : 0; i < noted_; ++i)
    story += line(notes_[i % notes_.size()]);
  return story;
}

}  // namespace event_consumer::simulation
