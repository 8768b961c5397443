// The exit statuses of both programs. They follow sysexits(3), so that a supervisor such as systemd
// can tell «do not restart» (64, 78) from the rest. Only main() makes one of an Error.
#pragma once

#include "common/error_kind.h"

namespace event_consumer {

enum class ExitCode : int {
  kOk = 0,              // stopped as asked
  kUsage = 64,          // a bad option or configuration file
  kData = 65,           // check: messages of the sample would be rejected
  kUnavailable = 69,    // a server could not be reached
  kInternal = 70,       // a defect of ours or a refusal of the operating system
  kConfiguration = 78,  // a server refuses what the configuration asks for
  kNotes = 79,          // check --strict: all works, and there is something to know
};

constexpr int to_int(ExitCode code) { return static_cast<int>(code); }

// The status of a process that ends for such an Error.
constexpr ExitCode exit_code_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return ExitCode::kUsage;
    case ErrorKind::kUnreachable:
    case ErrorKind::kUnavailable:
    case ErrorKind::kLinkLost:
      return ExitCode::kUnavailable;
    case ErrorKind::kConfiguration:
      return ExitCode::kConfiguration;
    case ErrorKind::kInternal:
      break;
  }
  return ExitCode::kInternal;
}

}  // namespace event_consumer
