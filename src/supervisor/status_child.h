// StatusChild: the process that serves the status address, one more child of the supervisor. The
// socket stays with the supervisor, so that a restart loses neither address nor waiting clients.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/host_port.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "supervisor/child_process.h"
#include "supervisor/restart_policy.h"

namespace event_consumer {

class StatusChild {
 public:
  // Serves nothing before serve().
  StatusChild(int scoreboard_fd, const sigset_t& signal_mask)
      : scoreboard_fd_(scoreboard_fd), signal_mask_(signal_mask) {}

  // From now on serves at this address, with these options; a process that serves already is
  // replaced. The Error is that of listen_on(); then all stays as it was.
  Result<Done> serve(const HostPort& address, const std::vector<std::string>& environment,
                     TimePoint now);

  // The same where it serves, if it does.
  void renew(const std::vector<std::string>& environment, TimePoint now);

  // After a reload: serves with these options, and at this address, if that can be had; without one
  // nothing is served any more.
  void reload(const std::optional<HostPort>& address, const std::vector<std::string>& environment,
              TimePoint now);

  // Starts the process when that is due.
  void act(TimePoint now);
  std::optional<TimePoint> deadline() const { return start_at_; }

  // False when the child that ended was another.
  bool ended(const EndedChild& child, TimePoint now);

  // Ends it; nothing is served any more, until serve().
  void stop();
  bool running() const { return pid_ != 0; }

 private:
  void end_process();

  int scoreboard_fd_;
  sigset_t signal_mask_;
  std::optional<HostPort> address_;  // of listen_fd_
  UniqueFd listen_fd_;
  std::vector<std::string> environment_;
  RestartPolicy restarts_;
  std::optional<TimePoint> start_at_;
  TimePoint started_at_{};
  pid_t pid_ = 0;
  bool asked_to_end_ = false;
};

}  // namespace event_consumer
