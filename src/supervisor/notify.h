// What systemd is told of this instance (sd_notify(3)). Without systemd nothing happens.
#pragma once

#include <optional>
#include <string>

#include "common/clock.h"

namespace event_consumer {

class Notify {
 public:
  // Reads and removes NOTIFY_SOCKET and WATCHDOG_USEC: children shall not speak for the service.
  Notify();

  void ready();
  void reloading(TimePoint now);
  // The stop takes at most `longest`, however long systemd would wait by itself (TimeoutStopSec=).
  void stopping(Duration longest);

  // One line for `systemctl status`; sent when it is another than the last.
  void status(const std::string& line);

  // Says that the loop turns, when that is due.
  void alive(TimePoint now);
  // When it is due next; never, unless systemd asks for it.
  std::optional<TimePoint> deadline() const { return alive_at_; }
  bool is_listened_to() const { return !socket_.empty(); }

 private:
  void send(const std::string& message) const;

  std::string socket_;
  std::string last_status_;
  std::optional<TimePoint> alive_at_;
  Duration period_{};
};

}  // namespace event_consumer
