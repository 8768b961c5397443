// ServiceReport: what systemd is told of this instance (notify.h), and when: that it is ready,
// reloads and stops, that its loop turns, and every few seconds how it goes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/scoreboard/scoreboard.h"
#include "supervisor/notify.h"

namespace event_consumer {

class ServiceReport {
 public:
  static constexpr std::chrono::seconds kPeriod{5};  // from one line on how it goes to the next

  // `board` must outlive the report.
  ServiceReport(const Scoreboard& board, TimePoint now) : board_(board), line_at_(now) {}

  // A reload begins. It has ended at the next act() in another state than kReloading, so that
  // systemd, which waits for it, hears of one that is over at once, too.
  void begin_reload(TimePoint now);
  void begin_stop(const std::string& line, Duration longest);

  // To be called at each turn of the loop. `is_ready`: a worker of the instance has consumed.
  void act(InstanceState state, bool is_ready, TimePoint now);
  std::optional<TimePoint> deadline() const {
    return earliest(notify_.deadline(), line_at_ + kPeriod);
  }

 private:
  const Scoreboard& board_;
  Notify notify_;
  bool was_ready_ = false;
  bool was_reloading_ = false;
  TimePoint line_at_;
  std::uint64_t inserted_then_ = 0;
};

}  // namespace event_consumer
