// The words are those of real servers; tests/integration/check_test.cc meets the servers.
#include "worker/amqp/rabbitmq_diagnosis.h"

#include <utility>
#include <vector>

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("diagnosis: RabbitMQ", "[diagnosis]") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"the server says 403 ACCESS_REFUSED - Login was refused using authentication mechanism "
       "PLAIN",
       "correct user and password in RABBITMQ_URL"},
      {"the server says 530 NOT_ALLOWED - vhost nowhere not found", "correct the virtual host"},
      {"the server says 530 NOT_ALLOWED - access to vhost '/' refused for user 'app'",
       "rabbitmqctl set_permissions -p / guest"},
      {"the server says 403 ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user",
       "the missing right"},
  };
  for (const auto& [said, remedy] : cases) {
    const auto diagnosis = diagnose_rabbitmq({ErrorKind::kConfiguration, said}, AmqpUrl{});
    CHECK(diagnosis.kind == ErrorKind::kConfiguration);
    CHECK(diagnosis.cause == said);
    CHECK(contains(diagnosis.remedy, remedy));
  }
  CHECK(contains(
      diagnose_rabbitmq({ErrorKind::kUnavailable, "cannot connect to RabbitMQ h:1"}, AmqpUrl{})
          .remedy,
      "start the broker"));
  CHECK(contains(diagnose_rabbitmq(
                     {ErrorKind::kUnavailable, "cannot log in to RabbitMQ h:1: timeout"}, AmqpUrl{})
                     .remedy,
                 "15672"));
}

}  // namespace
}  // namespace event_consumer
