// The broker is restarted twenty times in a row, for real: after each restart everything is stored
// within five seconds, by the workers that there were at the beginning.
#include "tests/support/catch.h"
#include "tests/support/running_service.h"

namespace event_consumer::testing {

TEST_CASE("the broker is restarted twenty times in a row") {
  RunningService running("twenty_restarts");
  for (int i = 0; i < 20; ++i) {
    INFO("restart " << i + 1);
    running.publish();
    running.publish_rubbish(1);
    rabbitmq().stop();
    rabbitmq().start();
    const bool flows = running.moves_events();
    INFO(running.service().log());
    REQUIRE(flows);
  }
  CHECK(running.service().stop() == 0);
}

}  // namespace event_consumer::testing
