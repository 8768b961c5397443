// The command line of both programs: flags from the option table, --config, --help, --version, the
// commands, and for a worker what only its supervisor gives it. It executes no command.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/exit_code.h"
#include "common/resolve_options.h"

namespace event_consumer {

// What is asked of the program. Those from kCheck on need the servers: the supervisor's program
// hands them to the worker's.
enum class Command {
  kRun,  // no command: consume
  kPrintConfig,
  kStatus,
  kCheck,
  kListDeadLetters,
  kReplayDeadLetters,
  kDropDeadLetters,
};

// What stands behind `dead-letters list`, `replay` and `drop`.
struct DeadLetterArguments {
  std::string reason;  // empty: of any reason
  long limit = 0;      // 0: all
  bool json = false;
  bool summary = false;
};

// What stands behind `check`.
struct CheckArguments {
  std::string sample;  // a file with messages, «-» for standard input; empty: none
  bool strict = false;
  int notes = 0;  // «!» that stand in the report already
};

// What stands behind `status`.
struct StatusArguments {
  bool watch = false;
  bool json = false;
};

struct CommandLine {
  ResolvedOptions resolved;
  Command command = Command::kRun;
  DeadLetterArguments dead_letters;
  StatusArguments status;
  CheckArguments check;
  Settings flags;                         // by the variable of each
  std::vector<std::string> config_paths;  // files and directories, in the order of reading
  Origin config_origin = Origin::kDefault;
  int worker_slot = 0;     // 1 and up, 0 when started by hand
  int worker_row = 0;      // which of the two rows of its slot
  int ready_fd = -1;       // where a worker writes its words to the supervisor; -1: nowhere
  int scoreboard_fd = -1;  // the shared memory; -1: none, nobody watches
  int ledger_fd = -1;      // of make_ledger_file(); -1: none, there are no other workers

  // The supervisor's program as its own child: it serves the status on this socket.
  bool serve_status = false;
  int listen_fd = -1;
};

enum class Program { kSupervisor, kWorker };

// Reads arguments, environment, configuration file and password files; the passwords go into the
// options and not into their texts. Prints help and version itself and then
// holds nothing and kOk in `exit_code`; on an error it prints one line to standard error and holds
// kUsage. The commands of the supervisor's program read the files of the service below `root` when
// none is named.
std::optional<CommandLine> read_command_line(int argc, char** argv, Program program,
                                             ExitCode& exit_code, const std::string& root = "");

}  // namespace event_consumer
