#include "common/scoreboard/delivery_deaths.h"

namespace event_consumer {

std::uint64_t DeliveryDeaths::count(const Fingerprint& fingerprint) {
  for (Entry& entry : latest)
    if (entry.deaths > 0 && entry.fingerprint == fingerprint) return ++entry.deaths;
  latest[next] = {fingerprint, 1};
  next = (next + 1) % latest.size();
  return 1;
}

std::uint64_t DeliveryDeaths::of(const Fingerprint& fingerprint) const {
  for (const Entry& entry : latest)
    if (entry.deaths > 0 && entry.fingerprint == fingerprint) return entry.deaths;
  return 0;
}

}  // namespace event_consumer
