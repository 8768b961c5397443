// Worker: a slot together with what the slot itself must not know, which is the process' ready pipe
// and the waits between its lives. It starts processes and hears them; what to do when one ends is
// for the supervisor's loop.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "supervisor/restart_policy.h"
#include "supervisor/worker_slot.h"

namespace event_consumer {

// What every worker of an instance is started with; SupervisorConfig and Wakeup say more.
struct WorkerProgram {
  std::string path;
  std::vector<std::string> environment;
  sigset_t signal_mask;
};

class Worker {
 public:
  Worker(int number, TimePoint start_at) : slot(number, start_at) {}

  // Starts a process in the slot and returns its id. On failure the Error names the step, and the
  // slot is as it was.
  Result<pid_t> start(const WorkerProgram& program);

  // The descriptor that becomes readable when the worker consumes for the first time; -1 when that
  // is not to be expected.
  int awaited_fd() const;

  // Looks, without waiting, whether the worker has said that it consumes; if so, the slot goes to
  // kConsuming. Returns whether that happened just now.
  bool hear(TimePoint now);

  // «worker 1 (process 4711)».
  std::string name() const;

  WorkerSlot slot;
  RestartPolicy restarts;

 private:
  // The read end of the ready pipe, until the next start. It outlasts the wait for the byte,
  // because without a reader a late byte would kill the worker (SIGPIPE).
  UniqueFd ready_;
};

}  // namespace event_consumer
