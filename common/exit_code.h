// The exit statuses of both programs. They follow sysexits(3), so that a supervisor such as systemd
// can tell «do not restart» (64, 78) from the rest.
#pragma once

namespace event_consumer {

enum class ExitCode : int {
  kOk = 0,              // stopped as asked
  kUsage = 64,          // a bad option or configuration file
  kUnavailable = 69,    // a server could not be reached
  kInternal = 70,       // a defect of ours or a refusal of the operating system
  kLinkLost = 75,       // worker only: a link that had worked was lost; start me again
  kConfiguration = 78,  // a server refuses what the configuration asks for
};

constexpr int to_int(ExitCode code) { return static_cast<int>(code); }

}  // namespace event_consumer
