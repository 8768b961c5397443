#include "common/scoreboard/delivery_deaths.h"

namespace event_consumer {

std::uint64_t DeliveryDeaths::count(const Fingerprint& fingerprint, TimePoint now) {
  for (Entry& entry : latest)
    if (entry.deaths > 0 && entry.fingerprint == fingerprint) {
      entry.last_at = to_monotonic_time(now);
      return ++entry.deaths;
    }
  latest[next] = {fingerprint, 1, to_monotonic_time(now)};
  next = (next + 1) % latest.size();
  return 1;
}

bool DeliveryDeaths::forget_old(TimePoint now) {
  bool has_forgotten = false;
  for (Entry& entry : latest)
    if (entry.deaths > 0 && entry.last_at <= to_monotonic_time(now - kRemembered)) {
      entry = Entry{};
      has_forgotten = true;
    }
  return has_forgotten;
}

std::uint64_t DeliveryDeaths::of(const Fingerprint& fingerprint) const {
  for (const Entry& entry : latest)
    if (entry.deaths > 0 && entry.fingerprint == fingerprint) return entry.deaths;
  return 0;
}

}  // namespace event_consumer
