// StatusChild: the process that serves the status address, one more child of the supervisor. The
// socket stays with the supervisor, so that a restart loses neither address nor waiting clients.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/unique_fd.h"
#include "supervisor/child_process.h"
#include "supervisor/restart_policy.h"

namespace event_consumer {

class StatusChild {
 public:
  // Serves nothing before serve().
  StatusChild(int scoreboard_fd, const sigset_t& signal_mask)
      : scoreboard_fd_(scoreboard_fd), signal_mask_(signal_mask) {}

  // From now on serves on this socket, with these options; a process that serves already is
  // replaced.
  void serve(UniqueFd listen_fd, const std::vector<std::string>& environment, TimePoint now);

  // The same on the socket it has, if it has one.
  void renew(const std::vector<std::string>& environment, TimePoint now);

  // Starts the process when that is due.
  void act(TimePoint now);
  std::optional<TimePoint> deadline() const { return start_at_; }

  // False when the child that ended was another.
  bool ended(const EndedChild& child, TimePoint now);

  // Asks it to end; nothing is served any more, until serve().
  void stop();
  // The same at once.
  void kill_now();
  bool running() const { return pid_ != 0; }

 private:
  int scoreboard_fd_;
  sigset_t signal_mask_;
  UniqueFd listen_fd_;
  std::vector<std::string> environment_;
  RestartPolicy restarts_;
  std::optional<TimePoint> start_at_;
  TimePoint started_at_{};
  pid_t pid_ = 0;
  bool asked_to_end_ = false;
};

}  // namespace event_consumer
