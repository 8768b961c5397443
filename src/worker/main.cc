// event-consumer-worker: one worker process. The supervisor starts it with --slot and --ready-fd;
// started by hand it works the same. Or, with a command, what the supervisor's program hands on.
#include <signal.h>

#include <exception>
#include <string>

#include "common/clock.h"
#include "common/command_line.h"
#include "common/log.h"
#include "worker/commands/run_command.h"
#include "worker/loop/run_worker.h"

int main(int argc, char** argv) {
  using namespace event_consumer;
  // A closed pipe is an error like any other; a closed terminal is the supervisor's business.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  // A pause is for workers that consume; one that does not yet is not to be stopped by the kernel.
  sigset_t pause;
  sigemptyset(&pause);
  sigaddset(&pause, SIGTSTP);
  pthread_sigmask(SIG_BLOCK, &pause, nullptr);
  try {
    ExitCode exit_code;
    const auto command_line = read_command_line(argc, argv, Program::kWorker, exit_code);
    if (!command_line) return to_int(exit_code);
    const int slot = command_line->worker_slot;
    log::set_up(slot > 0 ? "worker " + std::to_string(slot) : "worker",
                command_line->resolved.options.log_level,
                command_line->resolved.options.log_format);
    if (command_line->command != Command::kRun) return to_int(run_command(*command_line));
    for (const std::string& note : command_line->resolved.notes) log::warn("{}", note);
    auto row = WorkerStatus::open(*command_line);
    const auto result = row ? run_worker(*command_line, *row) : Result<Done>(row.error());
    if (result) return to_int(ExitCode::kOk);
    const bool is_news = !row || row->note_end(result.error().message, Clock::now());
    log::log(is_news ? log::Level::err : log::Level::debug, "{}", result.error().message);
    return to_int(exit_code_for(result.error().kind));
  } catch (const std::exception& error) {
    log::error("internal error: {}", error.what());
    return to_int(ExitCode::kInternal);
  }
}
