#include "supervisor/worker_environment.h"

#include <algorithm>

#include "tests/common/clean_environment.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

std::size_t count(const std::vector<std::string>& entries, const std::string& entry) {
  return static_cast<std::size_t>(std::count(entries.begin(), entries.end(), entry));
}

TEST_CASE("worker environment: the texts that applied stand in place of all that was given",
          "[worker_environment]") {
  const testing::CleanEnvironment environment(Settings{{"EVENT_CONSUMER_CONFIG", "/etc/file"},
                                                       {"EVENT_CONSUMER_LOG_LEVEL", "error"},
                                                       {"CLICKHOUSE_PORT", "tcp://10.0.0.1:8123"},
                                                       {"RABBITMQ_DEFAULT_USER", "app"}});
  const auto entries = worker_environment({{"LOG_LEVEL", "debug"}, {"CLICKHOUSE_PORT", "8123"}});
  CHECK(count(entries, "LOG_LEVEL=debug") == 1);
  CHECK(count(entries, "CLICKHOUSE_PORT=8123") == 1);
  CHECK(count(entries, "RABBITMQ_DEFAULT_USER=app") == 1);
  // It would win over LOG_LEVEL, whatever the flag says.
  CHECK(count(entries, "EVENT_CONSUMER_LOG_LEVEL=error") == 0);
  CHECK(count(entries, "CLICKHOUSE_PORT=tcp://10.0.0.1:8123") == 0);
  CHECK(count(entries, "EVENT_CONSUMER_CONFIG=/etc/file") == 0);
}

}  // namespace
}  // namespace event_consumer
