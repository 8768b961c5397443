// EventLoop: where a process waits, and what time it is there. PollLoop is the real one, for the
// supervisor, the status server and the workers; tests bring one whose time is virtual.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "common/clock.h"
#include "common/result.h"

namespace event_consumer {

// A descriptor that is waited for: until it is readable (data, or its end), writable, or either.
// An error of it ends the waiting too. A negative one is never ready.
struct Awaited {
  int fd;
  bool for_writing = false;
  bool for_reading = true;
};

class EventLoop {
 public:
  struct Signal {
    int number;
    pid_t sender;  // 0 when the kernel sent it, as at Ctrl-C, or the sender is in another namespace
  };

  struct Events {
    // As the kernel gives them: of those that wait at one time the lowest number first. SIGTSTP and
    // SIGCONT never wait at one time, so that the one that came last is the last.
    std::vector<Signal> signals;
    std::vector<int> ready;  // of the descriptors asked about
  };

  virtual ~EventLoop() = default;

  virtual TimePoint now() = 0;

  // Sleeps until a signal comes, one of `awaited` is ready, or `deadline` has passed; without a
  // deadline, as long as it takes. May return with no event before the deadline. Several equal
  // signals may arrive as one (signal(7)). The Error is one of the operating system.
  virtual Result<Events> wait(const std::vector<Awaited>& awaited,
                              std::optional<TimePoint> deadline) = 0;
};

}  // namespace event_consumer
