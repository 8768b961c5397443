// What follows from a worker's death: when its slot starts the next one, and whether and with which
// status the instance ends. Only decisions, on facts and times that are handed in; nothing here
// starts, signals or logs anything.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/exit_code.h"
#include "common/scoreboard/supervisor_record.h"
#include "supervisor/death.h"

namespace event_consumer {

// Whose doing a death was.
enum class Blame {
  kNobody,         // it had consumed, and was ended from outside or ended by itself with 0
  kServer,         // a server could not be reached; also every end that points nowhere else
  kConfiguration,  // a server refused what the configuration asks for: only people can cure it
  kUsage,          // the worker refused its options: as above, and it will refuse them every time
  kInternal,       // a crash, a failed start, or an exit status that no worker should have
};

// `had_consumed`: whether this worker, in this life, had consumed.
Blame blame_for(const Death& death, bool had_consumed);

// One slot's waits between a death and the next start. They are drawn with jitter, so that workers
// that died together do not come back together.
class RestartPolicy {
 public:
  static constexpr std::chrono::milliseconds kFirstDelay{100};
  static constexpr std::chrono::seconds kLongestDelay{30};
  static constexpr std::chrono::seconds kHealthy{60};

  // `seed` starts the jitter; tests give their own.
  explicit RestartPolicy(std::uint64_t seed = std::random_device{}())
      : growing_(kFirstDelay, kLongestDelay, seed),
        shortest_(kFirstDelay, kFirstDelay, seed),
        longest_(kLongestDelay, kLongestDelay, seed) {}

  // How long to wait before the next start. `consumed_for` is how long the dead worker had been
  // consuming, nothing if it never was. A fault doubles the wait of the one before, up to the
  // longest; a worker that had consumed for kHealthy has paid for all earlier ones. Where nobody is
  // to blame the wait is the first one and nothing is doubled. Where only people can help and the
  // instance has consumed, so that nobody is waiting at a terminal for its exit, it is the longest.
  Duration delay_after(Blame blame, std::optional<Duration> consumed_for,
                       bool instance_has_consumed);

  // Deaths since the last healthy worker that were somebody's fault.
  int faults_in_a_row() const { return faults_in_a_row_; }
  bool in_crash_loop() const { return faults_in_a_row_ >= static_cast<int>(kCrashLoop); }

  // Whether the latest death deserves a line in the log: a loop that goes on for days does so only
  // now and then.
  bool is_news() const {
    return faults_in_a_row_ <= static_cast<int>(kCrashLoop) || faults_in_a_row_ % 20 == 0;
  }

 private:
  Backoff growing_;
  Backoff shortest_;
  Backoff longest_;
  int faults_in_a_row_ = 0;
};

// The instance's patience: until a worker of it has consumed, faults may end the instance; from
// then on none does.
class StartWatch {
 public:
  StartWatch(TimePoint started_at, Duration start_timeout)
      : start_timeout_(start_timeout), deadline_(started_at + start_timeout) {}

  // A worker of this instance consumes.
  void consumed() { deadline_.reset(); }
  bool has_consumed() const { return !deadline_; }

  // A worker died. Returns the status with which the instance has to end at once, if it has to:
  // 64, because a worker that refuses its options will do so every time.
  std::optional<ExitCode> died(Blame blame);

  Duration start_timeout() const { return start_timeout_; }

  // When the instance gives up; never, once a worker has consumed.
  std::optional<TimePoint> deadline() const { return deadline_; }

  // The status to give up with, by the latest death: 78 configuration, 70 internal, 69 otherwise
  // and where the workers did not even die.
  ExitCode give_up_status() const;

 private:
  Duration start_timeout_;
  std::optional<TimePoint> deadline_;
  std::optional<Blame> latest_;
};

}  // namespace event_consumer
