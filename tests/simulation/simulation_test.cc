// `make simulate SEEDS=N FROM=K` runs more seeds; with TELL=1 it tells all that happens.
#include "tests/simulation/simulation.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

// Seconds; with what a sanitizer adds it would be minutes.
#if defined(UNDER_SANITIZER)
constexpr std::uint64_t kSeeds = 60;
#else
constexpr std::uint64_t kSeeds = 5000;
#endif

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST_CASE("simulation: no combination of faults breaks a promise", "[simulation]") {
  const std::uint64_t from = number_in("FROM", 1);
  const std::uint64_t seeds = number_in("SEEDS", kSeeds);
  const bool tells = number_in("TELL", 0) != 0;
  std::optional<testing::QuietLog> quiet;
  if (!tells) quiet.emplace();
  Duration longest{};
  std::uint64_t longest_seed = 0, with_limit_dropped = 0, with_limit_saved = 0,
                with_length_dropped = 0, wronged = 0;
  std::uint64_t doubled = 0, events = 0, failed = 0, in_part = 0;
  for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
    const simulation::RunReport report = simulation::simulate(seed, tells);
    if (!report.failure.empty()) {
      FAIL_CHECK("seed " << seed << ": " << report.failure << "what happened before:\n"
                         << report.story << "make simulate SEEDS=1 FROM=" << seed);
      if (++failed == 3) break;
    }
    if (report.drained_in > longest) longest_seed = seed;
    longest = std::max(longest, report.drained_in);
    with_limit_dropped += report.limit_dropped > 0;
    with_limit_saved += report.limit_saved > 0;
    with_length_dropped += report.length_dropped > 0;
    wronged += report.wronged;
    doubled += report.doubled;
    events += report.events;
    in_part += report.in_part;
  }
  if (number_in("SEEDS", 0) == 0) return;
  fmt::print(
      "{} seeds, {} events, {} doubled as explained; drained within {:.0f} s (seed {}); events "
      "dropped by a delivery limit in {} seeds, saved from it in {}, dropped by max-length in {}; "
      "{} good ones dead-lettered "
      "by the server's word; {} of two inserts dead-lettered after the first\n",
      seeds, events, doubled, std::chrono::duration<double>(longest).count(), longest_seed,
      with_limit_dropped, with_limit_saved, with_length_dropped, wronged, in_part);
}

TEST_CASE("simulation: the same seed is the same run", "[simulation]") {
  testing::QuietLog quiet;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    CHECK(simulation::simulate(seed).fingerprint == simulation::simulate(seed).fingerprint);
  CHECK(simulation::simulate(1).fingerprint != simulation::simulate(2).fingerprint);
}

}  // namespace
}  // namespace event_consumer
