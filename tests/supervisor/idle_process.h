// A process that does nothing, in the place of a worker: for tests that send it signals.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "common/poll_loop.h"
#include "supervisor/child_process.h"
#include "supervisor/worker_process.h"
#include "tests/supervisor/process_tools.h"

namespace event_consumer::testing {

class IdleProcess {
 public:
  IdleProcess() : pid_(*start_child({"/bin/sleep", {"600"}, {}, {}, signal_set({})})) {}
  IdleProcess(const IdleProcess&) = delete;
  ~IdleProcess() {
    if (is_reaped_) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const { return pid_; }
  // The signal that has ended it, 0 when none comes. To be asked last: its id is free then.
  int ended_by() {
    const auto status = wait_status_of(pid_);
    is_reaped_ = status.has_value();
    return status && WIFSIGNALED(*status) ? WTERMSIG(*status) : 0;
  }

  // The worker whose process it is.
  WorkerProcess worker(RowAddress address, ProcessState state, TimePoint now) {
    pipe_ = std::move(*open_pipe());
    return {pid_, std::move(pipe_.read_end), address, state, now};
  }
  // What the worker has written, a byte each. Afterwards its pipe has ended.
  void write_messages(const char* bytes) {
    for (; *bytes != '\0'; ++bytes) (void)!write(pipe_.write_end.get(), bytes, 1);
    pipe_.write_end.reset();
  }

 private:
  pid_t pid_;
  bool is_reaped_ = false;
  Pipe pipe_;
};

}  // namespace event_consumer::testing
