// Wakeup: where the supervisor sleeps, and the one place where signals are blocked and received.
// There are no signal handlers: a signal is a fact that wait() returns.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace event_consumer {

class Wakeup {
 public:
  struct Signal {
    int number;
    pid_t sender;  // 0 when the kernel sent it, as at Ctrl-C, or the sender is in another namespace
  };

  struct Events {
    // As the kernel gives them: of those that wait at one time the lowest number first. SIGTSTP and
    // SIGCONT never wait at one time, so that the one that came last is the last.
    std::vector<Signal> signals;
    std::vector<int> readable;  // of the descriptors asked about: data, its end, or an error
  };

  // Blocks every signal of the calling thread that can be blocked sensibly, that is, all but those
  // of a defect (SIGSEGV and the like), for good: unblocked at the end, a late SIGHUP would turn an
  // orderly exit into a death. Undoes an inherited «ignore» of SIGCHLD, with which wait(2) would
  // tell nothing. Error when there is no descriptor or memory for it; the signals are blocked then
  // too.
  static Result<Wakeup> open();

  // The signals that were blocked before open(): children get them back.
  const sigset_t& mask_before() const { return mask_before_; }

  // Sleeps until a signal comes, one of `fds` becomes readable, or `deadline` has passed; without a
  // deadline, as long as it takes. May return with no event before the deadline. Several equal
  // signals may arrive as one (signal(7)). Error when poll(2) fails.
  Result<Events> wait(const std::vector<int>& fds, std::optional<TimePoint> deadline);

 private:
  Wakeup(UniqueFd signal_fd, const sigset_t& mask_before)
      : signal_fd_(std::move(signal_fd)), mask_before_(mask_before) {}

  std::vector<Signal> take_signals();

  UniqueFd signal_fd_;
  sigset_t mask_before_;
};

}  // namespace event_consumer
