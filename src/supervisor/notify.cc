#include "supervisor/notify.h"

#include <systemd/sd-daemon.h>

#include <cstdlib>

#include "common/text.h"

namespace event_consumer {

Notify::Notify() {
  if (const char* socket = std::getenv("NOTIFY_SOCKET")) socket_ = socket;
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/1, &microseconds) > 0) {
    // Half of it, as sd_watchdog_enabled(3) recommends.
    period_ = std::chrono::microseconds(microseconds / 2);
    alive_at_ = TimePoint{};  // at once
  }
  unsetenv("NOTIFY_SOCKET");
}

void Notify::send(const std::string& message) const {
  if (socket_.empty()) return;
  setenv("NOTIFY_SOCKET", socket_.c_str(), 1);
  sd_notify(/*unset_environment=*/1, message.c_str());
}

void Notify::ready() { send("READY=1"); }

void Notify::reloading(TimePoint now) {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void Notify::stopping(Duration longest) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(longest).count();
  send("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(microseconds));
}

void Notify::status(const std::string& line) {
  if (line == last_status_) return;
  last_status_ = line;
  // A second line would be an order of its own (sd_notify(3)).
  send("STATUS=" + printable(line, line.size()));
}

void Notify::alive(TimePoint now) {
  if (!alive_at_ || now < *alive_at_) return;
  send("WATCHDOG=1");
  alive_at_ = now + period_;
}

}  // namespace event_consumer
