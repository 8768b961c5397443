// Death: how a child process ended, apart from the encoding of wait(2), and the words for it in the
// log. What follows from a death is decided in restart_policy.h.
#pragma once

#include <string>

#include "common/exit_code.h"

namespace event_consumer {

struct Death {
  enum class Kind {
    kExited,      // it ended by itself with a status; `number` is the status
    kKilled,      // a signal ended it; `number` is the signal
    kNotStarted,  // fork, exec or a step between failed; `number` is 0
  };

  Kind kind;
  int number;
};

// A child's end from the status that waitpid(2) gives without WUNTRACED and WCONTINUED.
Death death_from_wait_status(int wait_status);

// True for the signals that a process brings upon itself by a defect (SIGSEGV, SIGABRT, …), as
// against those that somebody sends it.
bool is_crash_signal(int signal);

// «signal 9 (KILL)».
std::string format_signal(int signal);

// What an exit status says: «a server could not be reached». Empty for a status that is in no row
// of common/exit_code.h.
std::string format_status(int status);

// The end of a child as the middle of a sentence: «exited with status 69 (a server could not be
// reached)», «killed by signal 9 (KILL)», «not started».
std::string format(const Death& death);

}  // namespace event_consumer
