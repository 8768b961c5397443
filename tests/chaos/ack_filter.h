// AckFilter: the links between workers and RabbitMQ, on which an acknowledgement can be the last
// thing that a worker does.
#pragma once

#include <sys/types.h>

#include <optional>

#include "tests/chaos/wire_trap.h"
#include "tests/support/amqp_methods.h"

namespace event_consumer::testing {

class AckFilter : public LinkFilter {
 public:
  AckFilter(WireTrap& trap, int port) : trap_(trap), port_(port) {}

  Passage pass(From from, std::string_view bytes) override;
  void passed() override;

 private:
  WireTrap& trap_;
  int port_;
  MethodCounter acks_{kBasicAck, kProtocolHeaderBytes};
  std::optional<pid_t> victim_;  // dies when all is passed
};

}  // namespace event_consumer::testing
