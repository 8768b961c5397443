#include "tests/chaos/ack_filter.h"

#include <utility>

namespace event_consumer::testing {

LinkFilter::Passage AckFilter::pass(From from, std::string_view bytes) {
  if (from == From::kServer) return {"", std::string(bytes)};
  const auto fault = acks_.read(bytes) > 0 ? trap_.claim_ack() : std::nullopt;
  if (!fault) return {std::string(bytes), ""};
  const pid_t worker = trap_.worker_at(port_);
  if (fault == FaultKind::kKillBeforeAck) {
    trap_.kill_worker(worker);
    // What came before it in these bytes is not passed on either.
    return {"", "", Then::kReset};
  }
  victim_ = worker;
  return {std::string(bytes), ""};
}

void AckFilter::passed() {
  if (const auto victim = std::exchange(victim_, std::nullopt)) trap_.kill_worker_later(*victim);
}

}  // namespace event_consumer::testing
