#include "supervisor/status/show_status.h"

#include <unistd.h>

#include <iostream>
#include <string>
#include <thread>

#include "common/clock.h"
#include "supervisor/status/fetch.h"
#include "supervisor/status/status_text.h"

namespace event_consumer {

namespace {

constexpr std::chrono::seconds kTimeout{5};

// Rates are what happens between two looks.
constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::chrono::seconds kWatchPeriod{2};

// Moves to the upper left corner; what follows overwrites what was there and clears the rest.
constexpr char kHome[] = "\x1b[H\x1b[J";

ExitCode complain(const HostPort& where, const std::string& why) {
  std::cerr << "event-consumer status: no instance answers at http://" << where.describe() << " ("
            << why
            << "): is the service running, and is this its --status-address? (systemctl status "
               "event-consumer; the variable is EVENT_CONSUMER_STATUS_ADDRESS)\n";
  return ExitCode::kUnavailable;
}

struct Look {
  std::string json;
  TimePoint at;
};

}  // namespace

ExitCode show_status(const CommandLine& command_line) {
  const auto& where = command_line.resolved.options.status_address;
  if (!where) {
    std::cerr << "event-consumer status: --status-address is off, so that there is nobody to ask\n";
    return ExitCode::kUnavailable;
  }
  const auto look = [&]() -> Result<Look> {
    auto json = fetch(*where, "/status", kTimeout);
    if (!json) return json.error();
    if (!is_status(*json)) return Error{ErrorKind::kUnavailable, "what answers is something else"};
    return Look{std::move(*json), Clock::now()};
  };
  auto before = look();
  if (!before) return complain(*where, before.error().message);
  if (command_line.status.json) {
    std::cout << before->json;
    return is_alive(before->json) ? ExitCode::kOk : ExitCode::kUnavailable;
  }
  for (auto pause = kBetweenLooks;; pause = kWatchPeriod) {
    std::this_thread::sleep_for(pause);
    auto now = look();
    if (!now) return complain(*where, now.error().message);
    if (command_line.status.watch && isatty(STDOUT_FILENO) != 0) std::cout << kHome;
    std::cout << status_text(now->json, before->json, now->at - before->at) << std::flush;
    if (!command_line.status.watch)
      return is_alive(now->json) ? ExitCode::kOk : ExitCode::kUnavailable;
    before = std::move(now);
  }
}

}  // namespace event_consumer
