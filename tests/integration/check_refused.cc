#include "tests/integration/check_refused.h"

#include "tests/support/catch.h"

namespace event_consumer::testing {

void check_refused(Environment environment, std::optional<int> exit_status,
                   const std::vector<std::string>& said) {
  environment.emplace("EVENT_CONSUMER_START_TIMEOUT", "2");
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service service(environment);
  const auto status = service.wait_exit_status(std::chrono::seconds(20));
  const std::string log = service.log();
  INFO(log);
  CHECK(status.has_value());
  if (exit_status) CHECK(status == exit_status);
  CHECK(has_line_with(log, said));
}

}  // namespace event_consumer::testing
