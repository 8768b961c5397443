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

TEST_CASE("check: a prefetch that no batch of so many messages fits into is said", "[check]") {
  // Of messages, not rows: each may hold several events.
  const std::string words = ": no batch will have more messages than the prefetch";
  CHECK(contains(checked({{"EVENT_CONSUMER_PREFETCH", "3"}, {"EVENT_CONSUMER_BATCH_ROWS", "4"}}),
                 "! --prefetch 3 is less than --batch-rows 4" + words));
  CHECK(contains(checked({{"EVENT_CONSUMER_BATCH_ROWS", "65536"}}),
                 "! --prefetch auto (65535) is less than --batch-rows 65536" + words));
  CHECK_FALSE(contains(checked({{"EVENT_CONSUMER_BATCH_ROWS", "65535"}}), "--prefetch"));
  CHECK_FALSE(contains(checked({{"EVENT_CONSUMER_PREFETCH", "10000"}}), "--prefetch"));
}

TEST_CASE("check: a hold that ends before an insert may is said", "[check]") {
  const std::string words = "while the answer to their insert is still waited for";
  CHECK(contains(checked({{"EVENT_CONSUMER_HOLD_TIMEOUT", "30"}}),
                 "! --hold-timeout 30 is no longer than --clickhouse-timeout 30: "));
  CHECK(contains(checked({{"CLICKHOUSE_TIMEOUT", "1800"}}), words));
  CHECK_FALSE(contains(checked({{"EVENT_CONSUMER_HOLD_TIMEOUT", "31"}}), words));
  CHECK_FALSE(contains(checked({}), words));
}

}  // namespace
}  // namespace event_consumer
