// The books of an instance compared with the world outside: with ClickHouse, with the dead-letter
// queue, and with the wire. For tests in which equality must hold: nothing doubled, nothing read in
// vain at the end.
#pragma once

#include "tests/support/amqp_client.h"
#include "tests/support/catch.h"
#include "tests/support/scene.h"
#include "tests/support/service.h"
#include "tests/support/tally.h"
#include "tests/support/wire_tap.h"

namespace event_consumer::testing {

inline void check_books(const Service& service, const Scene& scene, const WireTap& tap) {
  const auto tally = last_tally(service.log());
  REQUIRE(tally);
  AmqpClient client(rabbitmq().url());
  const std::string dead = scene.dead_letter_queue();
  CHECK(tally->holds());
  CHECK(tally->in_hand == 0);
  CHECK(tally->received == tap.deliveries());
  CHECK(tally->inserted == scene.rows());
  CHECK(tally->dead_lettered == (client.queue_exists(dead) ? client.message_count(dead) : 0));
}

}  // namespace event_consumer::testing
