#include "common/print_config.h"

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

CommandLine resolved(const Settings& flags, const Settings& environment, const Settings& file) {
  CommandLine command_line;
  auto result = resolve_options(flags, environment, file);
  if (!result) FAIL(result.error().message);
  command_line.resolved = *result;
  return command_line;
}

std::string padded(std::string setting) {
  setting.append(setting.size() + 2 < 56 ? 56 - setting.size() : 2, ' ');
  return setting;
}

TEST_CASE("print-config: every variable has its line, value and origin", "[print_config]") {
  CommandLine command_line = resolved({{"EVENT_CONSUMER_WORKERS", "3"}}, {{"CLICKHOUSE_PORT", "4"}},
                                      {{"RABBITMQ_QUEUE", "orders"}});
  command_line.resolved.files = {"/etc/event-consumer", "/etc/other.conf"};
  command_line.resolved.places = {{"RABBITMQ_QUEUE", "/etc/other.conf"}};
  command_line.config_origin = Origin::kFlag;
  const std::string text = describe_config(command_line);
  for (const OptionRow& row : option_table())
    CHECK(contains(text, std::string("\n") + row.variable + "="));
  CHECK(text.rfind(padded("EVENT_CONSUMER_CONFIG=/etc/event-consumer") + "# flag --config\n", 0) ==
        0);
  CHECK(contains(text, padded("EVENT_CONSUMER_WORKERS=3") + "# flag --workers\n"));
  CHECK(contains(text, padded("CLICKHOUSE_PORT=4") + "# environment\n"));
  CHECK(contains(text, padded("EVENT_CONSUMER_CONFIG=/etc/other.conf") + "# flag --config\n"));
  CHECK(contains(text, padded("RABBITMQ_QUEUE=orders") + "# file /etc/other.conf\n"));
  CHECK(contains(text, padded("RABBITMQ_ROUTING_KEY=orders") + "# default\n"));
  CHECK(contains(text, padded("CLICKHOUSE_PASSWORD=") + "# default\n"));
}

TEST_CASE("print-config: origins line up behind text beyond ASCII too", "[print_config]") {
  const std::string text = describe_config(resolved({}, {{"RABBITMQ_QUEUE", "ümläut"}}, {}));
  CHECK(contains(text, "RABBITMQ_QUEUE=ümläut" + std::string(56 - 21, ' ') + "# environment\n"));
}

TEST_CASE("print-config: a value is one line, and no command to a terminal", "[print_config]") {
  const std::string text =
      describe_config(resolved({}, {{"CLICKHOUSE_TABLE", "a\nCLICKHOUSE_USER=x\x1b[2J"}}, {}));
  CHECK(contains(text, "\nCLICKHOUSE_TABLE=a\\x0aCLICKHOUSE_USER=x\\x1b[2J  "));
}

TEST_CASE("print-config: passwords are hidden", "[print_config]") {
  const std::string text = describe_config(resolved(
      {}, {{"RABBITMQ_URL", "amqp://app:hunter2@host/"}}, {{"CLICKHOUSE_PASSWORD", "hunter2"}}));
  CHECK_FALSE(contains(text, "hunter2"));
  CHECK(contains(text, "RABBITMQ_URL=amqp://app:***@host/ "));
  CHECK(contains(text, "CLICKHOUSE_PASSWORD=*** "));
}

}  // namespace
}  // namespace event_consumer
