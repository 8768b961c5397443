// Command lines as the programs read them, in the environment that there is, and what they print.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/command_line.h"
#include "tests/common/captured_output.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {

// What came of reading arguments.
struct Outcome {
  std::optional<CommandLine> command_line;
  ExitCode exit_code;
  std::string out;
  std::string err;
};

// `root` holds the files of a service; there is none by default.
inline Outcome run_reading(std::vector<std::string> arguments,
                           Program program = Program::kSupervisor,
                           const std::string& root = "/nonexistent") {
  arguments.insert(arguments.begin(), "program");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const CapturedOutput captured;
  Outcome outcome{};
  outcome.command_line = read_command_line(static_cast<int>(arguments.size()), argv.data(), program,
                                           outcome.exit_code, root);
  outcome.out = captured.out();
  outcome.err = captured.err();
  return outcome;
}

// What was read of good arguments, without a word.
inline CommandLine accepted(const std::vector<std::string>& arguments,
                            Program program = Program::kSupervisor) {
  Outcome outcome = run_reading(arguments, program);
  INFO(outcome.err);
  REQUIRE(outcome.command_line.has_value());
  CHECK(outcome.exit_code == ExitCode::kOk);
  CHECK(outcome.out == "");
  CHECK(outcome.err == "");
  return *outcome.command_line;
}

// The one line on standard error with which the arguments are refused.
inline std::string refused(const std::vector<std::string>& arguments,
                           Program program = Program::kSupervisor) {
  const Outcome outcome = run_reading(arguments, program);
  CHECK_FALSE(outcome.command_line.has_value());
  CHECK(outcome.exit_code == ExitCode::kUsage);
  CHECK(outcome.out == "");
  REQUIRE_FALSE(outcome.err.empty());
  CHECK(outcome.err.find('\n') == outcome.err.size() - 1);
  return outcome.err;
}

}  // namespace event_consumer::testing
