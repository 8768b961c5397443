// Standstill: a worker may wait, but not for what never comes. At each wait it is looked at whether
// anything can end that while nothing is wrong around it, by what its neighbours have written down
// and not by what it says of itself.
#pragma once

#include <optional>

#include "common/clock.h"
#include "tests/simulation/sim_source.h"

namespace event_consumer::simulation {

class Standstill {
 public:
  struct Facts {
    const SimSource* link = nullptr;  // nullptr: there is none
    bool is_draining = false;         // a stop is under way
    bool is_posting = false;          // or looks at the table
    bool clickhouse_fails = false;
    bool are_letters_blocked = false;  // until the queues are emptied
  };

  explicit Standstill(const Seat& seat) : seat_(seat) {}

  void check(const Facts& facts);

 private:
  void check_window(const Facts& facts);
  void check_stop(const Facts& facts);
  void check_misfits(const Facts& facts);
  void check_holding(const Facts& facts);
  void check_blocked(const Facts& facts);
  // It is so for less than that.
  void require_short(bool is_so, std::optional<TimePoint>& since, Duration longest,
                     const char* promise);

  const Seat& seat_;
  std::optional<TimePoint> window_since_;
  std::optional<TimePoint> stop_since_;
  std::optional<TimePoint> misfits_since_;
  std::optional<TimePoint> holding_since_;
  std::optional<TimePoint> blocked_since_;
};

}  // namespace event_consumer::simulation
