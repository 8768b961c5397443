// The supervisor: starts the workers of one instance, restarts those that die, passes a stop on to
// them. This is the loop (wait, reap, decide, act); what is decided stands in restart_policy.h. It
// knows no AMQP and no SQL: of a worker it sees its life, its death and one byte.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/exit_code.h"

namespace event_consumer {

struct SupervisorConfig {
  // How many worker processes are kept, at least 1.
  int workers;

  // How long the instance waits, from its start, for the first of its workers to consume.
  std::chrono::milliseconds start_timeout;

  // How long workers that were asked to stop may take before they are killed.
  std::chrono::milliseconds stop_timeout;

  // The program that each worker executes, as find_worker() gives it. Its command line is
  // «event-consumer-worker --slot=N --ready-fd=FD»: N from 1, FD the write end of a pipe to which
  // it writes one byte when it consumes for the first time and which it keeps open.
  std::string worker_path;

  // The whole environment of a worker, «NAME=value».
  std::vector<std::string> worker_environment;
};

// Runs until it is stopped and returns the exit status of the instance, when none of its workers is
// left. To be called once, from a process with one thread: it blocks all signals for good, and
// reaps all children of the process.
//
// SIGTERM and SIGINT stop the workers, and after stop_timeout, or at a second of these, kill them:
// kOk. While no worker has consumed, one that refuses its options ends the instance with kUsage,
// and start_timeout ends it with kUnavailable, kConfiguration or kInternal (StartWatch). Other
// signals have no effect.
ExitCode run_supervisor(const SupervisorConfig& config);

}  // namespace event_consumer
