#include "worker/amqp/delivery_limit.h"

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/worker/amqp/counted.h"

namespace event_consumer {
namespace {

TEST_CASE("delivery limit: by itself 20 from RabbitMQ 4 on, and none before", "[delivery_limit]") {
  const DeliveryLimit by_itself{};
  for (const char* version : {"4.0.5", "4.3.0", "10.0"})
    CHECK(delivery_limit(by_itself, version) == 20);
  for (const char* version : {"3.10.8", "3.13.7", "", "unknown"})
    CHECK_FALSE(delivery_limit(by_itself, version));
}

TEST_CASE("delivery limit: what the operator says holds on any broker", "[delivery_limit]") {
  CHECK(delivery_limit({false, 3}, "3.10.8") == 3);
  CHECK(delivery_limit({false, 3}, "4.0.5") == 3);
  CHECK_FALSE(delivery_limit({false, std::nullopt}, "4.0.5"));
}

TEST_CASE("delivery limit: the queue says how often a message came back", "[delivery_limit]") {
  CHECK(returns_of(counted("x-delivery-count", 7)) == 7);
  CHECK(returns_of(counted("x-delivery-count", -1)) == 0);
  CHECK(returns_of(counted("x-acquired-count", 7)) == 0);
  CHECK(returns_of("") == 0);
  CHECK(returns_of("no properties but x-delivery-count") == 0);
}

}  // namespace
}  // namespace event_consumer
