// A message that kills the workers that read it: the programs of build/planted have a defect
// planted for it.
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

using std::chrono::seconds;

TEST_CASE("a message that kills workers is dead-lettered after two deaths, all others are stored") {
  constexpr std::uint64_t kEvents = 20'000;
  const std::string killer = R"({"short_code":"x","timestamp":0,"original_url":"planted abort"})";
  TestTopology topology("killer_message");
  topology.declare_topology();
  const ClickEvents events;
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, kEvents / 2, [&](auto id) { return events.json_at(id); });
  client.publish(topology.exchange(), topology.queue(), killer);
  publish_confirmed(client, topology, kEvents / 2, kEvents,
                    [&](auto id) { return events.json_at(id); });

  Service service(topology.environment(), {}, "planted/event-consumer");
  const bool all_stored =
      wait_until([&] { return topology.distinct_events() == kEvents; }, seconds(60));
  INFO(service.log());
  CHECK(all_stored);
  CHECK(service.count_in_log("killed by signal 6 (ABRT)") == 2);

  REQUIRE(wait_until(
      [&] {
        return client.queue_exists(topology.dead_letter_queue()) &&
               client.message_count(topology.dead_letter_queue()) == 1;
      },
      seconds(10)));
  const auto letter = client.get(topology.dead_letter_queue());
  REQUIRE(letter);
  CHECK(letter->body == killer);
  CHECK(letter->properties.headers.at("x-event-consumer-reason") == "worker_died");
  CHECK(service.stop() == 0);
}

TEST_CASE(
    "eight workers that encode equal redelivered events at a time are taken for dead by nobody") {
  constexpr std::uint64_t kEvents = 4000;
  TestTopology topology("equal_events");
  topology.declare_topology();
  // Long, so that it takes some time to encode.
  const std::string event =
      R"({"short_code":"x","timestamp":0,"original_url":"/)" + std::string(100'000, 'x') + R"("})";
  {
    AmqpClient client(rabbitmq().url());
    client.enable_confirms();
    for (std::uint64_t i = 0; i < kEvents; ++i)
      client.publish(topology.exchange(), topology.queue(), event);
    REQUIRE(client.wait_for_confirms(seconds(60)));
    while (client.get(topology.queue(), /*auto_ack=*/false)) {
    }
  }
  Service service(topology.environment(), {"--workers", "8", "--prefetch", "50"});
  const bool all_stored = wait_until([&] { return topology.rows() == kEvents; }, seconds(60));
  INFO(service.log());
  CHECK(all_stored);
  CHECK(service.count_in_log("worker_died") == 0);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
