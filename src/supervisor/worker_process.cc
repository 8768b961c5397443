#include "supervisor/worker_process.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "supervisor/child_process.h"

namespace event_consumer {

Result<pid_t> WorkerProcess::start(const WorkerProgram& program, int row) {
  address_.row = row;
  Result<Pipe> pipe = open_pipe();
  if (!pipe) return pipe.error();
  const int write_fd = pipe->write_end.get();
  Result<pid_t> pid =
      start_child({program.path,
                   {fmt::format("--slot={}", address_.slot), fmt::format("--ready-fd={}", write_fd),
                    fmt::format("--row={}", address_.row),
                    fmt::format("--scoreboard-fd={}", program.scoreboard_fd)},
                   program.environment,
                   {write_fd, program.scoreboard_fd},
                   program.signal_mask});
  if (!pid) return pid;

  // A process that the worker leaves behind may hold the other end: reading must never wait for it.
  fcntl(pipe->read_end.get(), F_SETFL, O_NONBLOCK);
  messages_ = std::move(pipe->read_end);
  aborted_at.reset();
  killed = false;
  asks_for_recycling = false;
  slot.started(*pid, Clock::now());
  return pid;
}

std::optional<WorkerMessage> WorkerProcess::read_message(TimePoint now) {
  char byte;
  const ssize_t got = read(messages_.get(), &byte, 1);
  if (got < 0 && errno == EAGAIN) return std::nullopt;
  if (got != 1) {
    // The pipe ended. That says nothing of the worker, but would wake us for ever.
    messages_.reset();
    return std::nullopt;
  }
  switch (static_cast<WorkerMessage>(byte)) {
    case WorkerMessage::kAsksForRecycling:
      asks_for_recycling = true;
      return WorkerMessage::kAsksForRecycling;
    case WorkerMessage::kConsumes:
      if (slot.state() != SlotState::kStarting) return std::nullopt;
      slot.consumes(now);
      return WorkerMessage::kConsumes;
  }
  return std::nullopt;
}

std::string WorkerProcess::name() const {
  return fmt::format("worker {} (process {})", slot.number(), slot.pid());
}

}  // namespace event_consumer
