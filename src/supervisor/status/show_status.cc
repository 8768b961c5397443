#include "supervisor/status/show_status.h"

#include <unistd.h>

#include <iostream>
#include <optional>
#include <string>
#include <thread>

#include "common/clock.h"
#include "common/command_output.h"
#include "common/terminal.h"
#include "supervisor/status/fetch.h"
#include "supervisor/status/screen.h"
#include "supervisor/status/status_history.h"
#include "supervisor/status/status_text.h"

namespace event_consumer {

namespace {

constexpr std::chrono::seconds kTimeout{5};

// Rates are what happens between two looks.
constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::chrono::seconds kWatchPeriod{2};

struct Look {
  std::string json;
  TimePoint at;
};

Result<Look> look(const HostPort& where) {
  auto json = fetch(where, "/status", kTimeout);
  if (!json) return json.error();
  if (!is_status(*json)) return Error{ErrorKind::kUnavailable, "what answers is something else"};
  return Look{std::move(*json), Clock::now()};
}

std::string nobody_answers(const HostPort& where, const std::string& why) {
  return "no instance answers at http://" + where.describe() + " (" + why + ")";
}

ExitCode complain(const CommandLine& command_line, const HostPort& where, const std::string& why) {
  std::cerr << "event-consumer status: " << nobody_answers(where, why)
            << ": is the service running, and is this its --status-address? (systemctl status "
               "event-consumer; the variable is EVENT_CONSUMER_STATUS_ADDRESS)\n";
  for (const std::string& note : command_line.resolved.notes)
    std::cerr << "event-consumer status: " << note << "\n";
  return ExitCode::kUnavailable;
}

ExitCode exit_code_of(const Look& seen) {
  return is_alive(seen.json) ? ExitCode::kOk : ExitCode::kUnavailable;
}

// Returns the status to end with, if that is to be.
std::optional<ExitCode> show(const std::string& text, const Look& seen, bool is_last) {
  const auto printed = print(text);
  if (!printed) {
    std::cerr << "event-consumer status: " << printed.error().message << "\n";
    return exit_code_for(printed.error().kind);
  }
  if (printed.value() && !is_last) return std::nullopt;
  return exit_code_of(seen);
}

// For ever: an instance that is away may come back.
[[noreturn]] void watch_on_screen(const HostPort& where, Look before) {
  Screen screen;
  StatusHistory history;
  history.add(before.json, before.at);
  for (auto pause = kBetweenLooks;; pause = kWatchPeriod) {
    std::this_thread::sleep_for(pause);
    auto now = look(where);
    if (!now) {
      screen.draw(wrapped(nobody_answers(where, now.error().message), terminal_width()));
      continue;
    }
    history.add(now->json, now->at);
    screen.draw(history.charts(terminal_width()) + "\n" +
                status_text(now->json, before.json, now->at - before.at, terminal_width()));
    before = std::move(*now);
  }
}

}  // namespace

ExitCode show_status(const CommandLine& command_line) {
  const auto& where = command_line.resolved.options.status_address;
  if (!where) {
    std::cerr << "event-consumer status: --status-address is off, so that there is nobody to ask\n";
    return ExitCode::kUnavailable;
  }
  auto before = look(*where);
  if (!before) return complain(command_line, *where, before.error().message);
  if (command_line.status.json) return *show(before->json, *before, /*is_last=*/true);
  const bool is_watching = command_line.status.watch;
  if (is_watching && isatty(STDOUT_FILENO) != 0) watch_on_screen(*where, std::move(*before));
  for (auto pause = kBetweenLooks;; pause = kWatchPeriod) {
    std::this_thread::sleep_for(pause);
    auto now = look(*where);
    if (!now) return complain(command_line, *where, now.error().message);
    const std::string text =
        status_text(now->json, before->json, now->at - before->at, terminal_width());
    if (const auto end = show(text, *now, /*is_last=*/!is_watching)) return *end;
    before = std::move(now);
  }
}

}  // namespace event_consumer
