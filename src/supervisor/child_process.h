// Starts child processes and takes in their ends: the one place with fork, exec and wait. It knows
// no slots and decides nothing.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "supervisor/death.h"

namespace event_consumer {

// A program and all that it is to have of ours.
struct ChildCommand {
  std::string path;                      // of the executable; PATH is not searched
  std::vector<std::string> arguments;    // from argv[1]
  std::vector<std::string> environment;  // «NAME=value», the whole of it
  std::vector<int> inherited_fds;        // kept under their numbers, beside 0, 1 and 2
  sigset_t signal_mask;                  // the signals blocked in it
  std::string name = {};                 // argv[0]; empty: the last part of `path`
};

// Starts `command` and returns its process id once it executes. Of descriptors it gets 0, 1, 2 and
// those named and no other; all its signals have their default dispositions. The kernel sends it
// SIGTERM when the calling thread ends (PR_SET_PDEATHSIG in prctl(2); lost when the program is
// set-user-ID or has file capabilities). When fork, execve or a step between fails, the Error names
// the step and its cause («execve /x: No such file or directory»), and there is no process left.
Result<pid_t> start_child(const ChildCommand& command);

struct EndedChild {
  pid_t pid;
  Death death;
};

// Reaps one child of this process that has ended, whoever started it; nothing when none has. Never
// blocks.
std::optional<EndedChild> reap_child();

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

// A pipe(2) whose ends are closed on exec.
Result<Pipe> open_pipe();

// Opens /dev/null under those of the numbers 0, 1 and 2 that are closed. To be called before any
// other descriptor is opened: otherwise one of ours gets such a number, and what a child prints
// goes there.
void occupy_standard_descriptors();

}  // namespace event_consumer
