#include "common/environment.h"

#include "common/text.h"
#include "tests/common/clean_environment.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::CleanEnvironment;

TEST_CASE("environment: the options' variables, and no others", "[environment]") {
  const OptionVariables read = read_environment({{"CLICKHOUSE_HOST", "db"},
                                                 {"EVENT_CONSUMER_LOG_LEVEL", "debug"},
                                                 {"EVENT_CONSUMER_CONFIG", "/etc/file"},
                                                 {"HOME", "/root"},
                                                 {"", "x"}});
  CHECK(read.settings ==
        Settings{{"CLICKHOUSE_HOST", "db"}, {"EVENT_CONSUMER_LOG_LEVEL", "debug"}});
  CHECK(read.notes.empty());
  CHECK(read.refusal == "");
}

// Names that RabbitMQ, ClickHouse and their container images document, and of Services with their
// names.
TEST_CASE("environment: the names of others are no slips", "[environment]") {
  for (const char* name : {"RABBITMQ_ADVANCED_CONFIG_FILE",
                           "RABBITMQ_BASE",
                           "RABBITMQ_CONFIG_FILE",
                           "RABBITMQ_CONFIG_FILES",
                           "RABBITMQ_CONF_ENV_FILE",
                           "RABBITMQ_CONSOLE_LOG",
                           "RABBITMQ_CTL_ERL_ARGS",
                           "RABBITMQ_DATA_DIR",
                           "RABBITMQ_DEFAULT_PASS",
                           "RABBITMQ_DEFAULT_PASS_FILE",
                           "RABBITMQ_DEFAULT_USER",
                           "RABBITMQ_DEFAULT_USER_FILE",
                           "RABBITMQ_DEFAULT_VHOST",
                           "RABBITMQ_DIST_PORT",
                           "RABBITMQ_ENABLED_PLUGINS_FILE",
                           "RABBITMQ_ERLANG_COOKIE",
                           "RABBITMQ_FEATURE_FLAGS",
                           "RABBITMQ_HOME",
                           "RABBITMQ_HOST",
                           "RABBITMQ_LOG",
                           "RABBITMQ_LOGS",
                           "RABBITMQ_LOG_BASE",
                           "RABBITMQ_MNESIA_BASE",
                           "RABBITMQ_MNESIA_DIR",
                           "RABBITMQ_NODENAME",
                           "RABBITMQ_NODE_IP_ADDRESS",
                           "RABBITMQ_NODE_PORT",
                           "RABBITMQ_PASS",
                           "RABBITMQ_PID_FILE",
                           "RABBITMQ_PLUGINS_DIR",
                           "RABBITMQ_PORT",
                           "RABBITMQ_PORT_5672_TCP_ADDR",
                           "RABBITMQ_SASL_LOGS",
                           "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                           "RABBITMQ_SERVICENAME",
                           "RABBITMQ_SERVICE_HOST",
                           "RABBITMQ_SSL_CACERTFILE",
                           "RABBITMQ_USER",
                           "RABBITMQ_USERNAME",
                           "RABBITMQ_USE_LONGNAME",
                           "RABBITMQ_VHOST",
                           "RABBITMQ_VM_MEMORY_HIGH_WATERMARK",
                           "CLICKHOUSE_ADMIN_USER",
                           "CLICKHOUSE_ALWAYS_RUN_INITDB_SCRIPTS",
                           "CLICKHOUSE_CONFIG",
                           "CLICKHOUSE_DB",
                           "CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT",
                           "CLICKHOUSE_DO_NOT_CHOWN",
                           "CLICKHOUSE_GID",
                           "CLICKHOUSE_HTTP_PORT",
                           "CLICKHOUSE_INIT_TIMEOUT",
                           "CLICKHOUSE_PORT_8123_TCP",
                           "CLICKHOUSE_RUN_AS_ROOT",
                           "CLICKHOUSE_SECURE",
                           "CLICKHOUSE_SERVICE_PORT",
                           "CLICKHOUSE_SKIP_USER_SETUP",
                           "CLICKHOUSE_TCP_PORT",
                           "CLICKHOUSE_UID",
                           "CLICKHOUSE_URL",
                           "CLICKHOUSE_WATCHDOG_ENABLE",
                           "LOGNAME",
                           "RUST_LOG",
                           "NOTIFY_SOCKET"}) {
    INFO(name);
    const OptionVariables read = read_environment({{name, "x"}});
    CHECK(read.settings.empty());
    CHECK(read.notes.empty());
    CHECK(read.refusal == "");
  }
}

TEST_CASE("environment: every refused variable is in the one sentence", "[environment]") {
  const std::string refusal =
      read_environment({{"EVENT_CONSUMER_A", ""}, {"EVENT_CONSUMER_B", ""}}).refusal;
  CHECK(contains(refusal, "EVENT_CONSUMER_A is not the variable of any option; "));
  CHECK(contains(refusal, "EVENT_CONSUMER_B is not the variable of any option"));
}

TEST_CASE("environment: a line break at the end does not count, and one only", "[environment]") {
  const auto text = [](const std::string& given) {
    return read_environment({{"RABBITMQ_PASSWORD", given}}).settings.at("RABBITMQ_PASSWORD");
  };
  CHECK(text("a\n") == "a");
  CHECK(text("a\r\n") == "a");
  CHECK(text("a\n\n") == "a\n");
  CHECK(text("a ") == "a ");
  CHECK(text("\n") == "");
}

TEST_CASE("environment: the process's own", "[environment]") {
  const CleanEnvironment environment(
      Settings{{"EVENT_CONSUMER_WORKERS", "4"}, {"CLICKHOUSE_PASSWORD", "a=b"}});
  const Settings variables = process_environment();
  CHECK(variables.at("EVENT_CONSUMER_WORKERS") == "4");
  CHECK(variables.at("CLICKHOUSE_PASSWORD") == "a=b");
  CHECK(variables.count("CLICKHOUSE_HOST") == 0);
}

}  // namespace
}  // namespace event_consumer
