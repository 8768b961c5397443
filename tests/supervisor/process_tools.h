// For tests with real processes: a directory that goes away, waiting with a deadline, and what
// /proc says about a process.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/eventually.h"
#include "tests/support/proc.h"

namespace event_consumer::testing {

// A private directory under build/, removed with all that is in it.
class PrivateDirectory {
 public:
  PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  ~PrivateDirectory();

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  // Writes an executable shell script of this name and returns its path.
  std::string write_script(const std::string& name, const std::string& body) const;

 private:
  std::string path_;
};

// The file's content; empty when it is not there.
std::string read_file(const std::string& path);

// How the child `pid` ended, as wait(2) tells it, once it has; nothing at the deadline.
std::optional<int> wait_status_of(pid_t pid);

// The exit status of a forked child that runs `body`: what blocks signals, reaps children or lends
// descriptors is tried there. -1 when it did not exit.
int exit_status_in_child(const std::function<int()>& body);

// The set of signals in such a line of /proc/PID/status (SigBlk, ShdPnd), a bit for each from
// signal 1 on.
unsigned long long signals_in(pid_t pid, const std::string& line);

// The signals that a process ignores, a bit for each from signal 1 on. Without the two that glibc
// keeps for itself: its posix_spawn(3) ignores them, nobody can undo that, and whoever is started
// by make(1) inherits it.
unsigned long long ignored_signals(pid_t pid);

// The numbers of the open descriptors of a process, ascending.
std::vector<int> open_descriptors(pid_t pid);

// The children of a process, dead ones that nobody has reaped among them.
std::vector<pid_t> children_of(pid_t pid);

// Whether the process executes the program of this name (its first 15 bytes).
bool executes(pid_t pid, const std::string& name);

}  // namespace event_consumer::testing
