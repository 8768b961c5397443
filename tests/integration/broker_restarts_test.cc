// The broker is restarted twenty times in a row, for real: after each restart everything is stored
// within five seconds, by the workers that there were at the beginning.
#include "tests/support/catch.h"
#include "tests/support/flow.h"

namespace event_consumer::testing {

TEST_CASE("the broker is restarted twenty times in a row") {
  Flow flow("twenty_restarts");
  for (int i = 0; i < 20; ++i) {
    INFO("restart " << i + 1);
    flow.publish();
    flow.publish_rubbish(1);
    rabbitmq().stop();
    rabbitmq().start();
    const bool flows = flow.flows();
    INFO(flow.service().log());
    REQUIRE(flows);
  }
  CHECK(flow.service().stop() == 0);
}

}  // namespace event_consumer::testing
