// The command line of both programs: flags from the option table, --config, --help, --version, and
// for a worker what only its supervisor gives it.
#pragma once

#include <optional>
#include <string>

#include "common/option_table.h"

namespace event_consumer {

struct CommandLine {
  ResolvedOptions resolved;
  std::string config_file;  // empty: none
  int worker_slot = 0;      // 1 and up, 0 when started by hand
  int ready_fd = -1;        // where a worker writes one byte when it consumes; -1: nowhere
};

enum class Program { kSupervisor, kWorker };

// Reads arguments, environment, configuration file and password files; the passwords go into the
// options and not into their texts. Prints help and version itself and then
// holds nothing and kOk in `exit_code`; on an error it prints one line to standard error and holds
// kUsage.
std::optional<CommandLine> read_command_line(int argc, char** argv, Program program,
                                             ExitCode& exit_code);

}  // namespace event_consumer
