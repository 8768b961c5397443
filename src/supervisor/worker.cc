#include "supervisor/worker.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "supervisor/child_process.h"

namespace event_consumer {

Result<pid_t> Worker::start(const WorkerProgram& program) {
  Result<Pipe> pipe = open_pipe();
  if (!pipe) return pipe.error();
  const int write_fd = pipe->write_end.get();
  Result<pid_t> pid = start_child(
      {program.path,
       {fmt::format("--slot={}", slot.number()), fmt::format("--ready-fd={}", write_fd)},
       program.environment,
       {write_fd},
       program.signal_mask});
  if (!pid) return pid;

  // A process that the worker leaves behind may hold the other end: reading must never wait for it.
  fcntl(pipe->read_end.get(), F_SETFL, O_NONBLOCK);
  ready_ = std::move(pipe->read_end);
  slot.started(*pid, Clock::now());
  return pid;
}

int Worker::awaited_fd() const { return slot.state() == SlotState::kStarting ? ready_.get() : -1; }

bool Worker::hear(TimePoint now) {
  if (awaited_fd() < 0) return false;
  char byte;
  const ssize_t got = read(ready_.get(), &byte, 1);
  if (got < 0 && errno == EAGAIN) return false;
  if (got != 1) {
    // The pipe ended without a word. That says nothing of the worker, but would wake us for ever.
    ready_.reset();
    return false;
  }
  slot.consumes(now);
  return true;
}

std::string Worker::name() const {
  return fmt::format("worker {} (process {})", slot.number(), slot.pid());
}

}  // namespace event_consumer
