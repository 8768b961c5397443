// The supervisor: keeps the workers of one instance running, passes signals on to them, and reports
// how they are to systemd and the status server. This is the loop (wait, reap, decide, act);
// restart_policy.h and rollout.h decide. The supervisor knows no AMQP and no SQL: of a worker it
// sees the start and the end, the messages (common/worker_message.h) and the row on the scoreboard.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/exit_code.h"
#include "common/host_port.h"
#include "common/log.h"
#include "common/result.h"

namespace event_consumer {

struct SupervisorConfig {
  // How many worker processes are kept, at least 1.
  int workers;

  // How long the instance waits, from its start, for the first of its workers to consume; and at a
  // reload for each replacement.
  std::chrono::milliseconds start_timeout;

  // How long workers that were asked to stop may take before they are killed.
  std::chrono::milliseconds stop_timeout;

  // How long a worker's heartbeat may stand still before it is taken for hanging and ended.
  std::chrono::milliseconds worker_timeout;

  // The program that each worker executes, as find_worker() gives it. Its command line is
  // «event-consumer-worker --slot=N --ready-fd=FD --row=R --scoreboard-fd=FD --ledger-fd=FD»: N
  // from 1; FD the write end of a pipe for its WorkerMessages; R and FD its row on the scoreboard;
  // FD that of the ledger (common/ledger_file.h).
  std::string worker_path;

  // The whole environment of a worker, «NAME=value».
  std::vector<std::string> worker_environment;

  // Where the file of the ledger is; empty: it is in memory.
  std::string state_directory = {};

  // Where the status is served; nothing: nowhere. When the operator has not asked for the address,
  // one that is taken is done without.
  std::optional<HostPort> status_address = std::nullopt;
  bool status_address_is_default = false;

  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::kText;

  // What has no effect, though somebody may expect one: a sentence each, said at the start, and at
  // a reload what is new.
  std::vector<std::string> notes = {};
};

// Reads the options again. The Error says what is wrong with them.
using ReadConfig = std::function<Result<SupervisorConfig>()>;

// Runs until it is stopped and returns the exit status of the instance, when none of its workers is
// left. To be called once, from a process with one thread: it blocks all signals for good, and
// reaps all children of the process.
//
// SIGTERM and SIGINT stop the workers, and after stop_timeout, or at a second of these, kill them:
// kOk. (What comes within a second of the first is the same one, sent twice.) SIGHUP reads the
// options again and replaces the workers one by one; SIGTTIN and SIGTTOU add and remove one;
// SIGTSTP and SIGCONT pause and resume all; SIGUSR1 writes the state to the log. Others have no
// effect.
//
// While no worker has consumed, one that refuses its options ends the instance with kUsage, and
// start_timeout ends it with kUnavailable, kConfiguration or kInternal (StartWatch). A status
// address that was asked for and cannot be had is kUsage.
ExitCode run_supervisor(const SupervisorConfig& config, const ReadConfig& read_again);

}  // namespace event_consumer
