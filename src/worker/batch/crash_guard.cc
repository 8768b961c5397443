#include "worker/batch/crash_guard.h"

#include <xxhash.h>

#include <string>

namespace event_consumer {

Fingerprint fingerprint_of(std::string_view body) {
  const XXH128_hash_t hash = XXH3_128bits(body.data(), body.size());
  return {hash.high64, hash.low64};
}

std::optional<Rejection> CrashGuard::condemn(const Fingerprint& fingerprint) const {
  const std::uint64_t deaths = board_.delivery_deaths().read().of(fingerprint);
  if (deaths < kDeathsToCondemn) return std::nullopt;
  return Rejection{
      Reason::kWorkerDied, "",
      std::to_string(deaths) + " workers died while they encoded it; it was not read again"};
}

}  // namespace event_consumer
