#include "worker/commands/run_command.h"

#include <iostream>

#include "worker/commands/check.h"
#include "worker/commands/dead_letters.h"

namespace event_consumer {

ExitCode run_command(const CommandLine& command_line) {
  if (command_line.command == Command::kCheck)
    return run_check(command_line.resolved.options, std::cout);
  const auto result = run_dead_letters(command_line);
  if (result) return ExitCode::kOk;
  std::cerr << "event-consumer: " << result.error().message << "\n";
  return exit_code_for(result.error().kind);
}

}  // namespace event_consumer
