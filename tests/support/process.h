// ChildProcess: a program started by a test, which ends with the test at the latest. It neither
// restarts nor interprets anything. run() is the short form for a command that ends by itself.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/unique_fd.h"

namespace event_consumer::testing {

using Environment = std::map<std::string, std::string>;

// PATH, a UTF-8 locale and the options of the sanitizers: what any program needs and nothing that
// could change what it does.
Environment base_environment();

// Where this test program is, and with it all that was built for it, in whichever build directory.
std::string program_directory();

struct Command {
  // The program, searched for in PATH when it has no slash, and its arguments.
  std::vector<std::string> argv;
  // The whole environment of the program; nothing is inherited.
  Environment environment = base_environment();
  // Empty: the current directory.
  std::string working_directory = {};
  // Standard output and standard error are appended to this file. Empty: both are captured, see
  // ChildProcess::output.
  std::string output_file = {};
  // The kernel kills the program when the *thread* that started it ends, however that comes about.
  // So start programs in the main thread.
  bool dies_with_parent = true;
};

class ChildProcess {
 public:
  // Starts the program in a session and process group of its own, with standard input from
  // /dev/null, no other descriptor, no blocked and no ignored signal. Throws std::runtime_error
  // when it cannot be started.
  explicit ChildProcess(const Command& command);
  // Kills the program and what is left of its process group with SIGKILL and waits for the program.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The process id. It means this program as long as the object lives, also after the program's
  // end: until then it stays a zombie.
  pid_t pid() const { return pid_; }

  // Sends the signal to the program alone; to a program that has ended it does nothing.
  void send(int signal);

  // Waits until the program has ended. Returns its wait status, to be read with WIFEXITED and its
  // like, and nothing when `timeout` has passed before. May be asked again.
  std::optional<int> wait_exit(Duration timeout);

  bool running() { return !wait_exit(Duration::zero()); }

  // What the program has written so far to standard output and to standard error. Only without
  // Command::output_file.
  std::string output() const;
  std::string error_output() const;

  // The destructor leaves the program running.
  void leave_running() { leave_running_ = true; }

 private:
  bool has_exited();

  UniqueFd output_;
  UniqueFd error_output_;
  pid_t pid_ = -1;
  std::optional<int> status_;
  bool leave_running_ = false;
};

struct Finished {
  int status;  // the wait status
  std::string output;
  std::string error_output;

  // True when the program ended by itself with exit status 0.
  bool ok() const { return status == 0; }
};

// Runs the command to its end with its output captured. Throws std::runtime_error when that takes
// longer than `timeout`.
Finished run(const Command& command, Duration timeout);

// Whether one line of `text` holds all `parts`.
bool has_line_with(const std::string& text, const std::vector<std::string>& parts);

// What was broken into lines of 80 columns, in one line.
std::string unbroken(std::string output);

// A wait status in words: «exit status 3», «killed by signal 9».
std::string describe_status(int wait_status);

}  // namespace event_consumer::testing
