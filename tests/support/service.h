// Service: build/event-consumer as an operator runs it, with its log in a file; run_program is for
// commands that end by themselves.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

class Service {
 public:
  // Starts the supervisor with exactly this environment and these arguments. `program` is its path,
  // from the build directory where it is not absolute.
  explicit Service(const Environment& environment, const std::vector<std::string>& arguments = {},
                   const std::string& program = "event-consumer");
  // Kills it, and waits until its workers are gone too.
  ~Service();

  pid_t pid() const { return process_.pid(); }
  // The workers that live now, in ascending order.
  std::vector<pid_t> workers() const;
  // The process that serves the status, if there is one.
  std::optional<pid_t> status_server() const;
  void send(int signal) { process_.send(signal); }

  // Waits until workers have begun to consume `count` times since the start; false after `timeout`.
  bool wait_consuming(std::size_t count, Duration timeout = std::chrono::seconds(20));

  // Waits for the end and returns the exit status; nothing when it still runs after `timeout`, or
  // was killed by a signal.
  std::optional<int> wait_exit_status(Duration timeout);
  // SIGTERM, and the exit status. Throws std::runtime_error when the instance ends well and its
  // books do not: each delivery must have one verdict, and none be left in hand.
  std::optional<int> stop(Duration timeout = std::chrono::seconds(30));

  // Everything logged so far.
  std::string log() const { return read_file(log_file()); }
  std::size_t count_in_log(const std::string& text) const;

 private:
  std::string log_file() const { return directory_.path() + "/log"; }

  PrivateDirectory directory_{"service"};
  ChildProcess process_;
};

// Runs the program to its end, for a command of it; see run().
Finished run_program(const Environment& environment, const std::vector<std::string>& arguments);

// How often `text` occurs in `log`.
std::size_t count_occurrences(const std::string& log, const std::string& text);

}  // namespace event_consumer::testing
