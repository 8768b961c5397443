// SupervisorRun: run_supervisor() in a process of its own, with a shell script as the worker
// program. Nothing of it survives the object.
#pragma once

#include <sys/resource.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/supervisor.h"
#include "tests/supervisor/process_tools.h"

namespace event_consumer::testing {

struct RunOptions {
  int workers = 1;
  std::chrono::milliseconds start_timeout = std::chrono::seconds(60);
  std::chrono::milliseconds stop_timeout = std::chrono::seconds(60);
  std::chrono::milliseconds worker_timeout = std::chrono::seconds(600);
  std::optional<std::string> worker_path;    // in place of the script
  std::vector<std::string> notes;            // said at the start, and
  std::vector<std::string> notes_of_reload;  // what a reload adds to them
  std::function<void()> before = [] {};      // runs in the supervisor's process before it
};

class SupervisorRun {
 public:
  // `script` is the body of the worker. In it $slot, $fd and $row are the numbers from the command
  // line, `ready` says that it consumes, `tired` that it wants to be replaced, and $DIR is
  // directory(). A reload reads the number of workers from the file «workers» in it, and fails when
  // there is none; the time for a stop is a second longer then.
  explicit SupervisorRun(const std::string& script, const RunOptions& options = {});
  SupervisorRun(const SupervisorRun&) = delete;
  ~SupervisorRun();

  pid_t pid() const { return pid_; }
  const PrivateDirectory& directory() const { return directory_; }

  void send(int signal) const;

  // What it has logged so far, from level debug.
  std::string log() const { return read_file(directory_ / "log"); }
  int count_in_log(const std::string& text) const;
  bool logs(const std::string& text, int times = 1) const;  // waits

  // All worker processes that were started so far, the oldest first.
  std::vector<pid_t> worker_pids() const;

  // The delays in «restart in N s», the oldest first.
  std::vector<double> restart_delays() const;

  // Waits for the end of the supervisor: its exit status, -1 if it ended otherwise.
  int exit_status();

  // The processor time that it took; after exit_status().
  double cpu_seconds() const;

  // Whether no worker that was ever started is left, not even as a zombie; after exit_status().
  bool left_nothing() const;

 private:
  [[noreturn]] void supervise(const RunOptions& options, const std::string& worker_path) const;

  PrivateDirectory directory_;
  pid_t pid_;
  bool ended_ = false;
  rusage usage_ = {};
};

}  // namespace event_consumer::testing
