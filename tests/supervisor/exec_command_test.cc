#include "supervisor/exec_command.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using Arguments = std::vector<std::string>;

TEST_CASE("exec_command: the worker program gets the command and what stands behind it",
          "[exec_command]") {
  CommandLine command_line;
  command_line.command = Command::kCheck;
  CHECK(command_arguments(command_line) == Arguments{"check"});
  command_line.check = {"-", true, 2};
  CHECK(command_arguments(command_line) ==
        Arguments{"check", "--sample=-", "--strict", "--notes=2"});
  command_line.check = {};

  command_line.command = Command::kListDeadLetters;
  command_line.dead_letters.json = true;
  command_line.dead_letters.summary = true;
  command_line.dead_letters.limit = 7;
  CHECK(command_arguments(command_line) ==
        Arguments{"dead-letters", "list", "--limit=7", "--json", "--summary"});

  command_line.command = Command::kReplayDeadLetters;
  command_line.dead_letters = {"bad_value", 0, false};
  CHECK(command_arguments(command_line) ==
        Arguments{"dead-letters", "replay", "--reason=bad_value"});

  command_line.command = Command::kDropDeadLetters;
  command_line.dead_letters = {};
  CHECK(command_arguments(command_line) == Arguments{"dead-letters", "drop"});
}

TEST_CASE("exec_command: a program that cannot be executed is an internal error",
          "[exec_command]") {
  CommandLine command_line;
  command_line.command = Command::kCheck;
  const Error error = exec_command("/nonexistent/worker", command_line);
  CHECK(error.kind == ErrorKind::kInternal);
  CHECK(error.message.find("/nonexistent/worker") != std::string::npos);
}

}  // namespace
}  // namespace event_consumer
