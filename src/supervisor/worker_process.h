// WorkerProcess: one process that works in a slot: its id, its pipe, its row on the scoreboard, and
// what we have sent it. It starts the process and reads its messages; what follows when the process
// ends is for the fleet. The times are handed in.
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

namespace event_consumer {

// What every worker is started with and held to; SupervisorConfig and PollLoop say more.
struct WorkerSetup {
  std::string path;
  std::vector<std::string> environment;
  sigset_t signal_mask;
  int scoreboard_fd;
  int ledger_fd;
  Duration start_timeout;
  Duration worker_timeout;
  std::uint64_t generation = 0;  // of the options (WorkerRecord)
};

//   kStarting ───┐ consumes()
//   kReplacing ──┴───────────▶ kConsuming
//       │                          │
//       └──── ask_to_stop() ───────┴────▶ kStopping
//
// When the process ends, the object goes: there is no state for that.
enum class ProcessState {
  kStarting,   // it has not consumed yet
  kReplacing,  // it has not consumed yet, and until it does the incumbent of its slot goes on
  kConsuming,  // it has consumed
  kStopping,   // it was asked to stop
};

// How we end a process that does not end by itself.
enum class Force {
  kNone,              // not at all
  kAborted,           // it hung, and SIGABRT was sent; SIGKILL will be next
  kAbortedAndKilled,  // SIGABRT did not end it, and SIGKILL was sent
  kKilled,            // SIGKILL was sent, for another reason than that it hung
};

class WorkerProcess {
 public:
  // Starts a process on that row, as kStarting or kReplacing. On failure the Error names the step,
  // and there is no process.
  static Result<WorkerProcess> start(const WorkerSetup& setup, RowAddress address,
                                     ProcessState state, TimePoint now);

  // For a process that was started at `now` and writes its messages to the other end of `messages`,
  // which does not block.
  WorkerProcess(pid_t pid, UniqueFd messages, RowAddress address, ProcessState state, TimePoint now)
      : pid_(pid),
        messages_(std::move(messages)),
        address_(address),
        state_(state),
        started_at_(now) {}

  pid_t pid() const { return pid_; }
  RowAddress address() const { return address_; }
  ProcessState state() const { return state_; }
  bool is_starting() const {
    return state_ == ProcessState::kStarting || state_ == ProcessState::kReplacing;
  }
  std::string name() const;  // «worker 1 (process 4711)»
  Duration lived(TimePoint now) const { return now - started_at_; }

  // How long ago it consumed first, also if it was asked to stop since; nothing if it never did.
  std::optional<Duration> consumed_for(TimePoint now) const;

  // Where its messages come from; -1 when none is to be expected.
  int messages_fd() const { return messages_.get(); }
  // The next message, if one is there; never waits.
  std::optional<WorkerMessage> read_message();
  bool asks_for_recycling() const { return asks_for_recycling_; }

  // The arrows of the drawing. In a state from which no such arrow leaves, consumes() has no
  // effect.
  void consumes(TimePoint now);
  void ask_to_stop();  // by SIGTERM, each time

  void send(int signal) const;
  void abort(TimePoint now);
  void kill();
  bool is_killed() const { return force_ == Force::kKilled || force_ == Force::kAbortedAndKilled; }
  bool has_hung() const { return force_ == Force::kAborted || force_ == Force::kAbortedAndKilled; }
  TimePoint aborted_at() const { return aborted_at_; }  // only when has_hung()

 private:
  pid_t pid_;
  // Kept when no more messages are expected, too: without a reader a late one would kill the worker
  // (SIGPIPE).
  UniqueFd messages_;
  RowAddress address_;
  ProcessState state_;
  Force force_ = Force::kNone;
  bool asks_for_recycling_ = false;
  TimePoint started_at_;
  std::optional<TimePoint> consuming_since_;
  TimePoint aborted_at_;
};

}  // namespace event_consumer
