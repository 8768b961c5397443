// `make simulate DELAYS=2` goes further; RUN="…" repeats the run that a failure names, with TELL=1
// telling all that happens.
#include "tests/simulation/small_world.h"

#include <malloc.h>
#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>

#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using simulation::Choices;
using simulation::SmallWorld;

// Batches of one row or of two; all events different, or two of them equal. Or workers that were
// idle before.
constexpr SmallWorld kWorlds[] = {
    {1, false}, {2, false}, {1, true}, {2, true}, {2, false, /*was_idle=*/true}};

std::string text_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? "" : text;
}

constexpr std::size_t kOneFault = 1;

// With what a sanitizer adds, the first is enough.
#if defined(UNDER_SANITIZER)
constexpr std::size_t kTested = 1;
#else
constexpr std::size_t kTested = std::size(kWorlds);
#endif

// «WORLD DELAYS FAULTS CHOICES»
std::string name_of(std::size_t world, std::size_t delays, std::size_t faults,
                    const Choices& choices) {
  return fmt::format("{} {} {} {}", world, delays, faults, choices.path());
}

void repeat(const std::string& name, bool tells) {
  char* at = nullptr;
  const std::size_t world = std::strtoul(name.c_str(), &at, 10);
  const std::size_t delays = std::strtoul(at, &at, 10);
  const std::size_t faults = std::strtoul(at, &at, 10);
  REQUIRE(world < std::size(kWorlds));
  Choices choices(delays, faults);
  choices.repeat(at + (*at == ' ' ? 1 : 0));
  const auto report = simulation::run(kWorlds[world], choices, tells);
  INFO(report.story);
  CHECK(report.failure == "");
}

// All runs of a world with so many delays and faults at most, or until one fails.
void go_through(std::size_t world, std::size_t delays, std::size_t faults) {
  Choices choices(delays, faults);
  std::uint64_t runs = 0, made = 0;
  // Each run makes the same again: what the kernel is given back it gives out cleared.
  mallopt(M_TRIM_THRESHOLD, 1 << 28);
  mallopt(M_MMAP_THRESHOLD, 1 << 25);
  do {
    const auto report = simulation::run(kWorlds[world], choices);
    ++runs;
    made += choices.made();
    if (report.failure.empty()) continue;
    const std::string name = name_of(world, delays, faults, choices);
    FAIL_CHECK("run " << name << ": " << report.failure << "what happened before:\n"
                      << report.story << "make simulate SEEDS=0 TELL=1 RUN='" << name << "'");
    return;
  } while (choices.next());
  CHECK(runs > 100);
  if (text_in("DELAYS").empty()) return;
  fmt::print("world {}: {} runs of at most {} delays and {} faults, {:.0f} choices in each\n",
             world, runs, delays, faults, static_cast<double>(made) / static_cast<double>(runs));
}

TEST_CASE("simulation: every run of the small world keeps every promise", "[simulation]") {
  const std::string name = text_in("RUN");
  const bool tells = text_in("TELL") == "1";
  std::optional<testing::QuietLog> quiet;
  if (!tells) quiet.emplace();
  if (!name.empty()) return repeat(name, tells);
  const std::string delays = text_in("DELAYS");
  const std::string only = text_in("WORLD");
  for (std::size_t world = 0; world < std::size(kWorlds); ++world) {
    if (!only.empty() && only != std::to_string(world)) continue;
    // Its idle time takes longer than all the rest.
    if (!delays.empty() && only.empty() && kWorlds[world].was_idle) break;
    if (!delays.empty()) {
      go_through(world, std::strtoul(delays.c_str(), nullptr, 10), kOneFault);
      continue;
    }
    if (only.empty() && world >= kTested) break;
    go_through(world, 0, kOneFault);
    go_through(world, 1, 0);
  }
}

}  // namespace
}  // namespace event_consumer
