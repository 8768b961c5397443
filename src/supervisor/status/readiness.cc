#include "supervisor/status/readiness.h"

#include <spdlog/fmt/fmt.h>

namespace event_consumer {

namespace {

// Three times what the supervisor lets pass at most between two signs of life.
constexpr double kStandsStillSeconds = 15;

struct Facts {
  double silent_seconds;  // since the supervisor's heartbeat
  InstanceState state;
  const InstanceSummary& instance;
};

struct Cause {
  bool concerns_life;  // not only readiness
  bool (*holds)(const Facts& facts);
  std::string (*words)(const Facts& facts);
};

// The first that holds is the one that is said.
constexpr Cause kCauses[] = {
    {true, [](const Facts& facts) { return facts.silent_seconds >= kStandsStillSeconds; },
     [](const Facts& facts) {
       return fmt::format("the supervisor has shown no sign of life for {:.0f} s",
                          facts.silent_seconds);
     }},
    {false, [](const Facts& facts) { return facts.state == InstanceState::kStopping; },
     [](const Facts&) -> std::string { return "stopping"; }},
    {false, [](const Facts& facts) { return facts.instance.paused; },
     [](const Facts&) -> std::string {
       return "paused by an operator (SIGTSTP); SIGCONT goes on";
     }},
    {false,
     [](const Facts& facts) {
       return facts.instance.storing == 0 && !facts.instance.trouble.empty();
     },
     [](const Facts& facts) { return facts.instance.trouble; }},
    {false, [](const Facts& facts) { return facts.instance.storing == 0; },
     [](const Facts&) -> std::string { return "no worker consumes yet"; }},
};

std::string first_cause(const Scoreboard& board, const InstanceSummary& instance, TimePoint now,
                        bool of_life_only) {
  const SupervisorRecord supervisor = board.supervisor().read();
  const Facts facts = {seconds_since(supervisor.heartbeat_at, now), supervisor.state, instance};
  for (const Cause& cause : kCauses)
    if ((cause.concerns_life || !of_life_only) && cause.holds(facts)) return cause.words(facts);
  return "";
}

}  // namespace

std::string why_not_alive(const Scoreboard& board, TimePoint now) {
  return first_cause(board, {}, now, /*of_life_only=*/true);
}

std::string why_not_ready(const Scoreboard& board, const InstanceSummary& instance, TimePoint now) {
  return first_cause(board, instance, now, /*of_life_only=*/false);
}

std::string why_not_ready(const Scoreboard& board, TimePoint now) {
  return why_not_ready(board, summarise(board), now);
}

}  // namespace event_consumer
