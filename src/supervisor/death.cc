#include "supervisor/death.h"

#include <spdlog/fmt/fmt.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

namespace event_consumer {

Death death_from_wait_status(int wait_status) {
  if (WIFSIGNALED(wait_status)) return {Death::Kind::kKilled, WTERMSIG(wait_status)};
  return {Death::Kind::kExited, WEXITSTATUS(wait_status)};
}

bool is_crash_signal(int signal) {
  static constexpr int kCrashSignals[] = {SIGABRT, SIGBUS, SIGFPE,  SIGILL,  SIGPIPE,
                                          SIGSEGV, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ};
  for (int crash_signal : kCrashSignals)
    if (signal == crash_signal) return true;
  return false;
}

std::string format_signal(int signal) {
  const char* name = sigabbrev_np(signal);
  if (name == nullptr) return fmt::format("signal {}", signal);
  return fmt::format("signal {} ({})", signal, name);
}

std::string format_status(int status) {
  switch (static_cast<ExitCode>(status)) {
    case ExitCode::kOk:
      return "done";
    case ExitCode::kUsage:
      return "a bad option or configuration file";
    case ExitCode::kUnavailable:
      return "a server could not be reached";
    case ExitCode::kInternal:
      return "an internal error";
    case ExitCode::kConfiguration:
      return "a server refuses what the configuration asks for";
    case ExitCode::kData:  // no worker ends so
    case ExitCode::kNotes:
      break;
  }
  return "";
}

std::string format(const Death& death) {
  switch (death.kind) {
    case Death::Kind::kNotStarted:
      return "not started";
    case Death::Kind::kKilled:
      return "killed by " + format_signal(death.number);
    case Death::Kind::kExited:
      break;
  }
  const std::string meaning = format_status(death.number);
  if (meaning.empty()) return fmt::format("exited with status {}", death.number);
  return fmt::format("exited with status {} ({})", death.number, meaning);
}

}  // namespace event_consumer
