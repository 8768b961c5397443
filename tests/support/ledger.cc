#include "tests/support/ledger.h"

#include <cstdio>

namespace event_consumer::testing {

std::optional<Ledger> last_ledger(const std::string& log) {
  Ledger ledger{};
  const auto at = log.rfind("received ", log.rfind(" = inserted "));
  if (at == std::string::npos) return std::nullopt;
  const int found =
      std::sscanf(log.c_str() + at,
                  "received %lu = inserted %lu + dead-lettered %lu + rejected %lu + recognised %lu "
                  "+ returned %lu + in hand %lu",
                  &ledger.received, &ledger.inserted, &ledger.dead_lettered, &ledger.rejected,
                  &ledger.recognised, &ledger.returned, &ledger.in_hand);
  if (found != 7) return std::nullopt;
  return ledger;
}

}  // namespace event_consumer::testing
