#include "supervisor/exec_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "supervisor/worker_environment.h"

namespace event_consumer {
namespace {

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> command_words(Command command) {
  switch (command) {
    case Command::kCheck:
      return {"check"};
    case Command::kListDeadLetters:
      return {"dead-letters", "list"};
    case Command::kReplayDeadLetters:
      return {"dead-letters", "replay"};
    case Command::kDropDeadLetters:
      return {"dead-letters", "drop"};
    case Command::kRun:
    case Command::kPrintConfig:
    case Command::kStatus:
      break;
  }
  return {};
}

}  // namespace

std::vector<std::string> command_arguments(const CommandLine& command_line) {
  std::vector<std::string> arguments = command_words(command_line.command);
  const DeadLetterArguments& letters = command_line.dead_letters;
  // In one word with its flag, a value may begin with a dash.
  if (!letters.reason.empty()) arguments.push_back("--reason=" + letters.reason);
  if (letters.limit > 0) arguments.push_back("--limit=" + std::to_string(letters.limit));
  if (letters.json) arguments.push_back("--json");
  const CheckArguments& check = command_line.check;
  if (!check.sample.empty()) arguments.push_back("--sample=" + check.sample);
  if (check.strict) arguments.push_back("--strict");
  if (check.notes > 0) arguments.push_back("--notes=" + std::to_string(check.notes));
  if (letters.summary) arguments.push_back("--summary");
  return arguments;
}

Error exec_command(const std::string& worker, const CommandLine& command_line) {
  std::vector<std::string> arguments = command_arguments(command_line);
  arguments.insert(arguments.begin(), worker);
  const std::vector<std::string> environment = worker_environment(command_line.resolved.texts);
  execve(worker.c_str(), pointers_to(arguments).data(), pointers_to(environment).data());
  return {ErrorKind::kInternal,
          "cannot execute the worker program " + worker + ": " + std::strerror(errno)};
}

}  // namespace event_consumer
