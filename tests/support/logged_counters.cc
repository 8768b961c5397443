#include "tests/support/logged_counters.h"

#include <cstdio>

namespace event_consumer::testing {

std::optional<LoggedCounters> last_logged_counters(const std::string& log) {
  LoggedCounters logged{};
  const auto at = log.rfind("received ", log.rfind(" = inserted "));
  if (at == std::string::npos) return std::nullopt;
  const int found =
      std::sscanf(log.c_str() + at,
                  "received %lu = inserted %lu + dead-lettered %lu + rejected %lu + recognised %lu "
                  "+ returned %lu + in hand %lu",
                  &logged.received, &logged.inserted, &logged.dead_lettered, &logged.rejected,
                  &logged.recognised, &logged.returned, &logged.in_hand);
  if (found != 7) return std::nullopt;
  return logged;
}

}  // namespace event_consumer::testing
