// event-consumer: reads the options, then supervises the workers until it is asked to stop, or
// hands a command to the worker program.
#include <signal.h>

#include <exception>
#include <iostream>

#include "common/command_line.h"
#include "common/log.h"
#include "common/print_config.h"
#include "supervisor/exec_command.h"
#include "supervisor/find_worker.h"
#include "supervisor/supervisor.h"
#include "supervisor/worker_environment.h"

int main(int argc, char** argv) {
  using namespace event_consumer;
  signal(SIGPIPE, SIG_IGN);
  try {
    ExitCode exit_code;
    const auto command_line = read_command_line(argc, argv, Program::kSupervisor, exit_code);
    if (!command_line) return to_int(exit_code);
    if (command_line->command == Command::kPrintConfig) {
      std::cout << describe_config(*command_line);
      return to_int(ExitCode::kOk);
    }
    const Options& options = command_line->resolved.options;
    log::set_up("supervisor", options.log_level);
    for (const AmqpUrl& url : options.rabbitmq_urls)
      for (const auto& name : url.unknown_parameters)
        log::warn("parameter {} in the RabbitMQ URL is not known and has no effect", name);
    const auto worker = find_worker();
    if (!worker) {
      log::error("{}", worker.error().message);
      return to_int(worker.error().exit_code);
    }
    if (command_line->command != Command::kRun) {
      const Error error = exec_command(worker.value(), *command_line);
      log::error("{}", error.message);
      return to_int(error.exit_code);
    }
    return to_int(
        run_supervisor({options.workers, options.start_timeout, options.stop_timeout,
                        worker.value(), worker_environment(command_line->resolved.texts)}));
  } catch (const std::exception& error) {
    log::error("internal error: {}", error.what());
    return to_int(ExitCode::kInternal);
  }
}
