// PollLoop: the real EventLoop, on poll(2), and the one place where signals are blocked and
// received. There are no signal handlers: a signal is a fact that wait() returns. For one thread.
#pragma once

#include <poll.h>

#include <csignal>
#include <initializer_list>
#include <optional>
#include <vector>

#include "common/event_loop.h"
#include "common/unique_fd.h"

namespace event_consumer {

// Sets for PollLoop::open(): those named, or every signal that can be blocked sensibly, that is,
// all but those of a defect (SIGSEGV and the like).
sigset_t signal_set(std::initializer_list<int> signals);
sigset_t all_signals_but_defects();

class PollLoop : public EventLoop {
 public:
  // Blocks `signals` in the calling thread and those that it starts, for good: unblocked at the
  // end, a late SIGHUP would turn an orderly exit into a death. Undoes an inherited «ignore» of
  // SIGCHLD if that is one of them: with it, wait(2) would tell nothing. Error (kInternal) when
  // there is no descriptor or memory for it; the signals are blocked then too.
  static Result<PollLoop> open(const sigset_t& signals);

  // The signals that were blocked before open(): children get them back.
  const sigset_t& mask_before() const { return mask_before_; }

  TimePoint now() override { return Clock::now(); }

  // Error (kInternal) when poll(2) fails.
  Result<Events> wait(const std::vector<Awaited>& awaited,
                      std::optional<TimePoint> deadline) override;

 private:
  PollLoop(UniqueFd signal_fd, const sigset_t& mask_before)
      : signal_fd_(std::move(signal_fd)), mask_before_(mask_before) {}

  std::vector<Signal> take_signals();

  UniqueFd signal_fd_;
  sigset_t mask_before_;
  std::vector<pollfd> polled_;  // of the present wait(): kept, as a worker waits often
};

}  // namespace event_consumer
