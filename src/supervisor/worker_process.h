// WorkerProcess: one process at a time in a slot, together with what the slot itself must not know:
// the process' pipe, its row on the scoreboard, and the waits between its lives. It starts
// processes and hears them; what to do when one ends is for the fleet.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/scoreboard/scoreboard.h"
#include "common/unique_fd.h"
#include "common/worker_message.h"
#include "supervisor/restart_policy.h"
#include "supervisor/worker_slot.h"

namespace event_consumer {

// What every worker of an instance is started with; SupervisorConfig and PollLoop say more.
struct WorkerProgram {
  std::string path;
  std::vector<std::string> environment;
  sigset_t signal_mask;
  int scoreboard_fd;
};

class WorkerProcess {
 public:
  WorkerProcess(int slot_number, TimePoint start_at)
      : slot(slot_number, start_at), address_{slot_number, 0} {}

  // Starts a process in the slot, on that row of it, and returns its id. On failure the Error names
  // the step, and the slot is as it was.
  Result<pid_t> start(const WorkerProgram& program, int row);

  // Where its words come from; -1 when none is to be expected.
  int awaited_fd() const { return slot.has_process() ? messages_.get() : -1; }

  // The next word, if one is there; never waits. With kConsumes the slot goes to kConsuming.
  std::optional<WorkerMessage> read_message(TimePoint now);

  // «worker 1 (process 4711)».
  std::string name() const;

  // It was not asked to stop.
  bool is_to_stay() const {
    return slot.state() != SlotState::kStopping && slot.state() != SlotState::kStopped;
  }

  // The row of the process, or of the last one.
  RowAddress address() const { return address_; }

  WorkerSlot slot;
  RestartPolicy restarts;

  // The watchdog has sent it SIGABRT, and will send SIGKILL next.
  std::optional<TimePoint> aborted_at;

  // It was killed on purpose, by us.
  bool killed = false;

  // The process before the next one has died, so that the next start is a restart; and whether it
  // had consumed.
  bool has_died = false;
  bool had_consumed = false;

  // It has said kAsksForRecycling.
  bool asks_for_recycling = false;

 private:
  RowAddress address_;
  // The read end of the pipe, until the next start. It outlasts the words that are expected,
  // because without a reader a late byte would kill the worker (SIGPIPE).
  UniqueFd messages_;
};

}  // namespace event_consumer
