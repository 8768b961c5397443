#include "tests/support/service.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <stdexcept>

#include "tests/support/logged_counters.h"
#include "tests/support/proc.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

Command make_command(const Environment& environment, const std::vector<std::string>& arguments,
                     const std::string& program, const std::string& log_file) {
  Command command;
  command.argv = {program.front() == '/' ? program : program_directory() + "/" + program};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.environment = environment;
  command.output_file = log_file;
  return command;
}

}  // namespace

Service::Service(const Environment& environment, const std::vector<std::string>& arguments,
                 const std::string& program)
    : process_(make_command(environment, arguments, program, log_file())) {}

Service::~Service() {
  const auto left = child_pids(pid());
  process_.send(SIGKILL);
  for (const pid_t worker : left) kill(worker, SIGKILL);
  wait_undisturbed(
      [&] {
        for (const pid_t worker : left)
          if (is_alive(worker)) return false;
        return true;
      },
      std::chrono::seconds(10));
}

std::vector<pid_t> Service::workers() const {
  auto pids = child_pids(pid());
  if (const auto server = status_server())
    pids.erase(std::remove(pids.begin(), pids.end(), *server), pids.end());
  return pids;
}

std::optional<pid_t> Service::status_server() const {
  for (const pid_t child : child_pids(pid()))
    if (command_line(child).find("--serve-status") != std::string::npos) return child;
  return std::nullopt;
}

bool Service::wait_consuming(std::size_t count, Duration timeout) {
  return wait_until([&] { return count_in_log(": consumes, ") >= count; }, timeout);
}

std::optional<int> Service::wait_exit_status(Duration timeout) {
  const auto status = process_.wait_exit(timeout);
  if (!status || !WIFEXITED(*status)) return std::nullopt;
  return WEXITSTATUS(*status);
}

std::optional<int> Service::stop(Duration timeout) {
  send(SIGTERM);
  const auto status = wait_exit_status(timeout);
  if (status != 0) return status;
  // There are no books when nothing was ever consumed.
  const std::string all = log();
  const auto logged = last_logged_counters(all);
  if (logged && (!logged->holds() || logged->in_hand != 0))
    throw std::runtime_error("the books of the service are not in order:\n" + all);
  return status;
}

std::size_t Service::count_in_log(const std::string& text) const {
  return count_occurrences(log(), text);
}

Finished run_program(const Environment& environment, const std::vector<std::string>& arguments) {
  return run(make_command(environment, arguments, "event-consumer", ""), std::chrono::seconds(60));
}

std::size_t count_occurrences(const std::string& log, const std::string& text) {
  std::size_t count = 0;
  for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
  return count;
}

}  // namespace event_consumer::testing
