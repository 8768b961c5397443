// The books of an instance compared with the world outside: with ClickHouse, with the dead-letter
// queue, and with the wire. For tests in which equality must hold: nothing doubled, nothing read in
// vain at the end.
#pragma once

#include "tests/support/amqp_client.h"
#include "tests/support/catch.h"
#include "tests/support/logged_counters.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wire_tap.h"

namespace event_consumer::testing {

inline void check_accounting(const Service& service, const TestTopology& topology,
                             const WireTap& tap) {
  const auto logged = last_logged_counters(service.log());
  REQUIRE(logged);
  AmqpClient client(rabbitmq().url());
  const std::string dead = topology.dead_letter_queue();
  CHECK(logged->holds());
  CHECK(logged->in_hand == 0);
  CHECK(logged->received == tap.deliveries());
  CHECK(logged->inserted == topology.rows());
  CHECK(logged->dead_lettered == (client.queue_exists(dead) ? client.message_count(dead) : 0));
}

}  // namespace event_consumer::testing
