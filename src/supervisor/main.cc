// event-consumer: reads the options, then supervises the workers until it is asked to stop, or
// hands a command to the worker program.
#include <signal.h>

#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "common/command_line.h"
#include "common/log.h"
#include "common/print_config.h"
#include "common/read_options.h"
#include "common/text.h"
#include "supervisor/exec_command.h"
#include "supervisor/find_worker.h"
#include "supervisor/status/serve_status.h"
#include "supervisor/status/show_status.h"
#include "supervisor/supervisor.h"
#include "supervisor/worker_environment.h"

namespace event_consumer {
namespace {

// What has no effect, though somebody may expect one.
std::vector<std::string> notes_on(const ResolvedOptions& resolved) {
  std::vector<std::string> notes;
  for (const AmqpUrl& url : resolved.options.rabbitmq_urls)
    for (const std::string& name : url.unknown_parameters)
      notes.push_back("parameter " + printable(name, 100) +
                      " in the RabbitMQ URL is not known and has no effect");
  notes.insert(notes.end(), resolved.notes.begin(), resolved.notes.end());
  return notes;
}

SupervisorConfig supervisor_config(const ResolvedOptions& resolved, const std::string& worker) {
  const Options& options = resolved.options;
  SupervisorConfig config{options.workers,
                          options.start_timeout,
                          options.stop_timeout,
                          options.worker_timeout,
                          worker,
                          {}};
  config.worker_environment = worker_environment(resolved.texts);
  config.state_directory = options.state_directory;
  config.status_address = options.status_address;
  config.status_address_is_default =
      resolved.origins.at("EVENT_CONSUMER_STATUS_ADDRESS") == Origin::kDefault;
  config.log_level = options.log_level;
  config.log_format = options.log_format;
  config.notes = notes_on(resolved);
  return config;
}

ExitCode supervise(const CommandLine& command_line, const std::string& worker) {
  const auto read_again = [&]() -> Result<SupervisorConfig> {
    auto resolved = read_options(command_line);
    if (!resolved) return resolved.error();
    return supervisor_config(*resolved, worker);
  };
  return run_supervisor(supervisor_config(command_line.resolved, worker), read_again);
}

// For the lines of a check, which the worker's program goes on with. Returns how many of them are
// notes.
int begin_check(const CommandLine& command_line) {
  std::string files;
  for (const std::string& file : command_line.resolved.files)
    files += (files.empty() ? "" : ", ") + file;
  if (!files.empty()) std::cout << "✓ configuration files: " << files << "\n";
  for (const std::string& note : command_line.resolved.notes) std::cout << "! " << note << "\n";
  std::cout << std::flush;
  return static_cast<int>(command_line.resolved.notes.size());
}

// Whoever throws dead letters away is to see whose they are.
void name_files(const ResolvedOptions& resolved) {
  for (const std::string& file : resolved.files)
    std::cerr << "event-consumer: reads " << file << "\n";
}

ExitCode run(CommandLine command_line) {
  const Options& options = command_line.resolved.options;
  if (command_line.command == Command::kPrintConfig) {
    std::cout << describe_config(command_line);
    return ExitCode::kOk;
  }
  if (command_line.command == Command::kStatus) return show_status(command_line);
  log::set_up(command_line.serve_status ? "status" : "supervisor", options.log_level,
              options.log_format);
  if (command_line.serve_status) return serve_status(command_line);
  const auto worker = find_worker();
  if (!worker) {
    log::error("{}", worker.error().message);
    return exit_code_for(worker.error().kind);
  }
  if (command_line.command == Command::kRun) return supervise(command_line, worker.value());
  if (command_line.command == Command::kCheck)
    command_line.check.notes = begin_check(command_line);
  else
    for (const std::string& note : notes_on(command_line.resolved)) log::warn("{}", note);
  if (command_line.command != Command::kCheck && command_line.config_origin == Origin::kDefault)
    name_files(command_line.resolved);
  const Error error = exec_command(worker.value(), command_line);
  log::error("{}", error.message);
  return exit_code_for(error.kind);
}

}  // namespace
}  // namespace event_consumer

int main(int argc, char** argv) {
  using namespace event_consumer;
  signal(SIGPIPE, SIG_IGN);
  try {
    ExitCode exit_code;
    auto command_line = read_command_line(argc, argv, Program::kSupervisor, exit_code);
    return to_int(command_line ? run(std::move(*command_line)) : exit_code);
  } catch (const std::exception& error) {
    log::error("internal error: {}", error.what());
    return to_int(ExitCode::kInternal);
  }
}
