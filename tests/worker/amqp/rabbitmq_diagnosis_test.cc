// The words are those of real servers; tests/integration/check_test.cc meets the servers.
#include "worker/amqp/rabbitmq_diagnosis.h"

#include <string>
#include <vector>

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

struct Case {
  int code;
  const char* said;
  const char* remedy;
};

std::string remedy(const Error& error) { return diagnose_rabbitmq(error, AmqpUrl{}).remedy; }

TEST_CASE("diagnosis: RabbitMQ", "[diagnosis]") {
  const std::vector<Case> cases = {
      {403,
       "the server says 403 ACCESS_REFUSED - Login was refused using authentication mechanism "
       "PLAIN",
       "correct user and password in RABBITMQ_URL"},
      {530, "the server says 530 NOT_ALLOWED - vhost nowhere not found",
       "correct the virtual host"},
      {530, "the server says 530 NOT_ALLOWED - access to vhost '/' refused for user 'app'",
       "rabbitmqctl set_permissions -p / guest"},
      {403,
       "the server says 403 ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user",
       "the missing right"},
      {530,
       "the server says 530 NOT_ALLOWED - access to vhost '/' refused for user 'app': connection "
       "limit (2) is reached",
       "raise the limit"},
      {403,
       "the server says 403 ACCESS_REFUSED - queue name 'amq.q' contains reserved prefix 'amq.*'",
       "choose another name"},
      {406,
       "the server says 406 PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'e' in "
       "vhost '/': received 'topic' but current is 'direct'",
       "name a topic exchange in RABBITMQ_EXCHANGE, or create the queue"},
      {403, "the server says 403 ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use",
       "another consumer has the queue for itself"},
      {405,
       "the server says 405 RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q'",
       "the connection alone that declared it"},
      {404,
       "the server says 404 NOT_FOUND - home node 'rabbit@b' of durable queue 'q' in vhost '/' is "
       "down or inaccessible",
       "start the node of the cluster that has the queue"},
      {406, "queue q on RabbitMQ h:1 is a stream: acknowledgements remove nothing from it",
       "a classic or a quorum queue"},
      {406, "the server says 406 PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q'",
       "change what the broker refuses"},
  };
  for (const auto& [code, said, words] : cases) {
    const auto diagnosis = diagnose_rabbitmq({ErrorKind::kConfiguration, said, code}, AmqpUrl{});
    CHECK(diagnosis.kind == ErrorKind::kConfiguration);
    CHECK(diagnosis.cause == said);
    CHECK(contains(diagnosis.remedy, words));
  }
  CHECK(contains(remedy({ErrorKind::kUnreachable, "cannot connect to RabbitMQ h:1"}),
                 "start the broker"));
  CHECK(contains(remedy({ErrorKind::kConfiguration,
                         "cannot connect to RabbitMQ h:1, virtual host / with TLS: it does not "
                         "speak TLS on this port; name its TLS port, or ask for no TLS"}),
                 "correct RABBITMQ_URL (amqps:// with the port of TLS"));
  CHECK(contains(remedy({ErrorKind::kUnavailable, "cannot log in to RabbitMQ h:1: timeout"}),
                 "15672"));
}

TEST_CASE("diagnosis: names that look like RabbitMQ's words decide nothing", "[diagnosis]") {
  CHECK(contains(remedy({ErrorKind::kUnreachable,
                         "cannot connect to RabbitMQ h:1, virtual host Login was refused 403 "}),
                 "start the broker"));
  CHECK(contains(remedy({ErrorKind::kConfiguration, "queue vhost not found: 404 NOT_FOUND", 404}),
                 "change what the broker refuses"));
}

TEST_CASE("diagnosis: another broker that may pass does not take the remedy away", "[diagnosis]") {
  // As AmqpConnection::open_first() makes it.
  CHECK(contains(remedy({ErrorKind::kUnavailable, "403 - Login was refused", 403}),
                 "correct user and password"));
}

// As RabbitMQ 4 does while the node of a classic queue is down (ran: 4.0.5).
TEST_CASE("diagnosis: a broker that let us in and does not answer is not about the port",
          "[diagnosis]") {
  const std::string said =
      remedy({ErrorKind::kLinkLost, "cannot look for queue q on RabbitMQ h:1: request timed out"});
  CHECK(contains(said, "start the node of the cluster that has the queue"));
  CHECK_FALSE(contains(said, "15672"));
}

TEST_CASE("diagnosis: what the broker says of itself is not about the port", "[diagnosis]") {
  CHECK(contains(remedy({ErrorKind::kUnavailable,
                         "the server says 541 INTERNAL_ERROR - access to vhost '/' refused for "
                         "user 'guest': vhost '/' is down",
                         541}),
                 "see the log of the broker"));
}

}  // namespace
}  // namespace event_consumer
