#include "worker/commands/run_command.h"

#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "common/read_file.h"
#include "worker/commands/check.h"
#include "worker/commands/dead_letters.h"

namespace event_consumer {

namespace {

Result<std::string> read_sample(const std::string& name) {
  if (name == "-") {
    std::ostringstream text;
    text << std::cin.rdbuf();
    return text.str();
  }
  auto text = read_file(name);
  if (!text)
    return Error{ErrorKind::kUsage, "cannot read the sample " + name + ": " + text.error().message};
  return text;
}

ExitCode check(const CommandLine& command_line) {
  std::optional<std::string> sample;
  if (!command_line.check.sample.empty()) {
    auto read = read_sample(command_line.check.sample);
    if (!read) {
      std::cerr << "event-consumer: " << read.error().message << "\n";
      return exit_code_for(read.error().kind);
    }
    sample = std::move(*read);
  }
  return run_check(command_line.resolved.options, command_line.check, sample, std::cout);
}

}  // namespace

ExitCode run_command(const CommandLine& command_line) {
  if (command_line.command == Command::kCheck) return check(command_line);
  const auto result = run_dead_letters(command_line);
  if (result) return ExitCode::kOk;
  std::cerr << "event-consumer: " << result.error().message << "\n";
  return exit_code_for(result.error().kind);
}

}  // namespace event_consumer
