#include "tests/support/tally.h"

#include <cstdio>

namespace event_consumer::testing {

std::optional<Tally> last_tally(const std::string& log) {
  Tally tally{};
  const auto at = log.rfind("received ", log.rfind(" = inserted "));
  if (at == std::string::npos) return std::nullopt;
  const int found =
      std::sscanf(log.c_str() + at,
                  "received %lu = inserted %lu + dead-lettered %lu + rejected %lu + recognised %lu "
                  "+ returned %lu + in hand %lu",
                  &tally.received, &tally.inserted, &tally.dead_lettered, &tally.rejected,
                  &tally.recognised, &tally.returned, &tally.in_hand);
  if (found != 7) return std::nullopt;
  return tally;
}

}  // namespace event_consumer::testing
