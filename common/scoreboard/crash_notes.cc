#include "common/scoreboard/crash_notes.h"

namespace event_consumer {

std::uint64_t Suspects::count_death(const Fingerprint& fingerprint) {
  for (Suspect& suspect : latest)
    if (suspect.deaths > 0 && suspect.fingerprint == fingerprint) return ++suspect.deaths;
  latest[next] = {fingerprint, 1};
  next = (next + 1) % latest.size();
  return 1;
}

std::uint64_t Suspects::deaths_over(const Fingerprint& fingerprint) const {
  for (const Suspect& suspect : latest)
    if (suspect.deaths > 0 && suspect.fingerprint == fingerprint) return suspect.deaths;
  return 0;
}

}  // namespace event_consumer
