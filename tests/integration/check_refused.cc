#include "tests/integration/check_refused.h"

#include <sstream>

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
  bool in_one_line = false;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line) && !in_one_line;) {
    in_one_line = true;
    for (const std::string& part : said)
      in_one_line = in_one_line && line.find(part) != std::string::npos;
  }
  CHECK(in_one_line);
}

}  // namespace event_consumer::testing
