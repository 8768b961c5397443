#include "worker/commands/check.h"

#include <sstream>

#include "common/resolve_options.h"
#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

// Of servers that are not there: nobody listens on port 1.
std::string checked(Settings settings) {
  settings["RABBITMQ_URL"] = "amqp://127.0.0.1:1/";
  settings["CLICKHOUSE_HOST"] = "127.0.0.1:1";
  auto resolved = resolve_options({}, settings, {});
  if (!resolved) FAIL(resolved.error().message);
  std::ostringstream out;
  CHECK(run_check(resolved->options, {}, std::nullopt, out) == ExitCode::kUnavailable);
  return out.str();
}

TEST_CASE("check: a state directory that cannot be written is said", "[check]") {
  CHECK(contains(checked({{"EVENT_CONSUMER_STATE_DIRECTORY", "build/no/such/directory"}}),
                 "! state directory build/no/such/directory: No such file or directory: "));
  CHECK(contains(checked({{"EVENT_CONSUMER_STATE_DIRECTORY", "/etc/passwd"}}),
                 "! state directory /etc/passwd: Not a directory: "));
  CHECK_FALSE(contains(checked({{"EVENT_CONSUMER_STATE_DIRECTORY", "build"}}), "state directory"));
  CHECK_FALSE(contains(checked({}), "state directory"));
}

}  // namespace
}  // namespace event_consumer
