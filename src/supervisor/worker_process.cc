#include "supervisor/worker_process.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "supervisor/child_process.h"

namespace event_consumer {

Result<WorkerProcess> WorkerProcess::start(const WorkerSetup& setup, RowAddress address,
                                           ProcessState state, TimePoint now) {
  Result<Pipe> pipe = open_pipe();
  if (!pipe) return pipe.error();
  const int write_fd = pipe->write_end.get();
  // A pause may come before the worker receives signals, and must not stop the process.
  sigset_t mask = setup.signal_mask;
  sigaddset(&mask, SIGTSTP);
  Result<pid_t> pid =
      start_child({setup.path,
                   {fmt::format("--slot={}", address.slot), fmt::format("--ready-fd={}", write_fd),
                    fmt::format("--row={}", address.row),
                    fmt::format("--scoreboard-fd={}", setup.scoreboard_fd),
                    fmt::format("--ledger-fd={}", setup.ledger_fd)},
                   setup.environment,
                   {write_fd, setup.scoreboard_fd, setup.ledger_fd},
                   mask});
  if (!pid) return pid.error();

  // A process that the worker leaves behind may hold the other end: reading must never wait for it.
  fcntl(pipe->read_end.get(), F_SETFL, O_NONBLOCK);
  return WorkerProcess(*pid, std::move(pipe->read_end), address, state, now);
}

std::string WorkerProcess::name() const {
  return fmt::format("worker {} (process {})", address_.slot, pid_);
}

std::optional<Duration> WorkerProcess::consumed_for(TimePoint now) const {
  if (!consuming_since_) return std::nullopt;
  return now - *consuming_since_;
}

std::optional<WorkerMessage> WorkerProcess::read_message() {
  char byte;
  const ssize_t got = read(messages_.get(), &byte, 1);
  if (got < 0 && errno == EAGAIN) return std::nullopt;
  if (got != 1) {
    // The pipe ended. That says nothing of the worker, but would wake us for ever.
    messages_.reset();
    return std::nullopt;
  }
  const auto message = static_cast<WorkerMessage>(byte);
  if (message == WorkerMessage::kAsksForRecycling) asks_for_recycling_ = true;
  return message;
}

void WorkerProcess::consumes(TimePoint now) {
  if (!is_starting()) return;
  state_ = ProcessState::kConsuming;
  consuming_since_ = now;
}

void WorkerProcess::ask_to_stop() {
  send(SIGTERM);
  state_ = ProcessState::kStopping;
}

void WorkerProcess::send(int signal) const { ::kill(pid_, signal); }

void WorkerProcess::abort(TimePoint now) {
  send(SIGABRT);
  force_ = Force::kAborted;
  aborted_at_ = now;
}

void WorkerProcess::kill() {
  send(SIGKILL);
  force_ = has_hung() ? Force::kAbortedAndKilled : Force::kKilled;
}

}  // namespace event_consumer
