// World: the time, the chance and the memory of one simulated run. All that happens by itself in it
// stands in its list of timers; all chance comes from its seed, so that a seed repeats exactly, or
// from whoever chooses. It remembers what happened last, and what was found broken first.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "tests/simulation/chance.h"

namespace event_consumer::simulation {

class World {
 public:
  // With `tells`, what happens is written to standard error as it happens.
  explicit World(std::uint64_t seed, bool tells = false)
      : World(std::make_unique<DrawnChance>(seed), tells) {}
  explicit World(std::unique_ptr<Chance> chance, bool tells = false)
      : chance_(std::move(chance)), tells_(tells) {}

  TimePoint now() const { return now_; }

  // Chance.
  std::size_t number(std::size_t lowest, std::size_t highest) {
    return chance_->number(lowest, highest);
  }
  bool one_in(std::size_t n) { return number(1, n) == 1; }
  Duration between(Duration shortest, Duration longest) {
    return chance_->between(shortest, longest);
  }
  std::size_t turn(std::size_t of) { return chance_->turn(of); }

  // Does that then.
  void at(TimePoint when, std::function<void()> action);
  void after(Duration delay, std::function<void()> action) { at(now_ + delay, std::move(action)); }
  std::optional<TimePoint> next_timer() const;
  // Time passes; what is due by then is done.
  void advance(TimePoint to);

  // Something happened: to which worker (0: none), and two figures.
  void note(int worker, const char* what, std::uint64_t a = 0, std::uint64_t b = 0);
  // The same where it would drown the others: only when everything is told.
  void whisper(int worker, const char* what, std::uint64_t a = 0, std::uint64_t b = 0) {
    if (tells_) note(worker, what, a, b);
  }
  // A promise: only the first that is broken counts.
  void require(bool holds, const char* promise, int worker = 0, std::uint64_t a = 0,
               std::uint64_t b = 0);

  bool has_failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }
  // The latest notes, a line each.
  std::string story() const;
  // Of all notes: equal runs have equal ones.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  struct Timer {
    TimePoint when;
    std::uint64_t number;  // of two at one time the older comes first
    std::function<void()> action;
    bool operator<(const Timer& other) const {
      return when != other.when ? when > other.when : number > other.number;
    }
  };
  struct Note {
    TimePoint when;
    int worker;
    const char* what;
    std::uint64_t a;
    std::uint64_t b;
  };

  static std::string line(const Note& note);

  std::unique_ptr<Chance> chance_;
  bool tells_;
  TimePoint now_{std::chrono::hours(1)};
  std::priority_queue<Timer> timers_;
  std::uint64_t timers_made_ = 0;
  std::array<Note, 50> notes_{};
  std::size_t noted_ = 0;
  std::uint64_t fingerprint_ = 0;
  std::string failure_;
};

}  // namespace event_consumer::simulation
