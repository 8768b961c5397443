#include "supervisor/status/readiness.h"

#include <spdlog/fmt/fmt.h>

#include "supervisor/instance_summary.h"

namespace event_consumer {

namespace {

// Three times what the supervisor lets pass at most between two signs of life.
constexpr double kStandsStillSeconds = 15;

}  // namespace

std::string why_not_alive(const Scoreboard& board, TimePoint now) {
  const double age = seconds_since(board.supervisor().read().heartbeat_at, now);
  if (age < kStandsStillSeconds) return "";
  return fmt::format("the supervisor has shown no sign of life for {:.0f} s", age);
}

std::string why_not_ready(const Scoreboard& board, TimePoint now) {
  if (const std::string dead = why_not_alive(board, now); !dead.empty()) return dead;
  if (board.supervisor().read().state == InstanceState::kStopping) return "stopping";
  const InstanceSummary summary = summarise(board);
  if (summary.paused) return "paused by an operator (SIGTSTP); SIGCONT goes on";
  if (summary.storing > 0) return "";
  if (!summary.trouble.empty()) return summary.trouble;
  return "no worker consumes yet";
}

}  // namespace event_consumer
