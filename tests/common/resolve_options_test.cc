#include "common/resolve_options.h"

#include <set>

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

const OptionRow& row_of(const std::string& variable) {
  for (const OptionRow& row : option_table())
    if (row.variable == variable) return row;
  FAIL("no row for " << variable);
  return option_table().front();
}

ResolvedOptions resolved(const Settings& flags, const Settings& environment = {},
                         const Settings& file = {}) {
  auto result = resolve_options(flags, environment, file);
  if (!result) FAIL(result.error().message);
  return *result;
}

std::string refused(const Settings& flags, const Settings& environment = {},
                    const Settings& file = {}) {
  const auto result = resolve_options(flags, environment, file);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().kind == ErrorKind::kUsage);
  return result.error().message;
}

TEST_CASE("option table: every variable and every flag is there once", "[option_table]") {
  std::set<std::string> variables;
  std::set<std::string> flags;
  for (const OptionRow& row : option_table()) {
    CHECK(variables.insert(row.variable).second);
    if (row.alias != nullptr) CHECK(variables.insert(row.alias).second);
    if (row.flag != nullptr) CHECK(flags.insert(row.flag).second);
  }
}

TEST_CASE("option table: every row says what it is", "[option_table]") {
  for (const OptionRow& row : option_table()) {
    INFO(row.variable);
    CHECK(row.value_name[0] != '\0');
    CHECK(row.help[0] != '\0');
    CHECK(row.parse != nullptr);
  }
}

TEST_CASE("option table: the default of every row parses", "[option_table]") {
  Options options{};
  for (const OptionRow& row : option_table()) {
    const std::string text =
        row.derived_default != nullptr ? row.derived_default(options) : row.default_text;
    const auto wrong = row.parse(text, options);
    INFO(row.variable << ": " << wrong.value_or(""));
    CHECK_FALSE(wrong.has_value());
  }
}

TEST_CASE("option table: the defaults are those of the manual", "[option_table]") {
  const Options options = resolved({}).options;
  CHECK(options.workers == 2);
  CHECK(options.rabbitmq_urls.at(0).describe() == "localhost:5672, virtual host /");
  CHECK(options.rabbitmq_urls.at(0).user == "guest");
  CHECK(options.rabbitmq_exchange == "url_shortener");
  CHECK(options.rabbitmq_queue == "click_events");
  CHECK(options.rabbitmq_routing_key == "click_events");
  CHECK(options.dead_letter_queue == "click_events.dead");
  CHECK_FALSE(options.prefetch);
  CHECK(options.delivery_limit.is_auto);
  CHECK(options.clickhouse_hosts == std::vector<HostPort>{{"localhost", 8123}});
  CHECK_FALSE(options.clickhouse_tls);
  CHECK(options.clickhouse_port == 8123);
  CHECK(options.clickhouse_database == "url_shortener");
  CHECK(options.clickhouse_table == "click_events");
  CHECK(options.clickhouse_user == "default");
  CHECK(options.clickhouse_password == "");
  CHECK(options.clickhouse_timeout == std::chrono::seconds(30));
  CHECK((options.create_table == CreateTable::kAuto));
  CHECK_FALSE(options.required_columns);
  CHECK(options.batch_rows == 10000);
  CHECK(options.batch_bytes == 8u << 20);
  CHECK(options.batch_delay == std::chrono::seconds(1));
  CHECK(options.start_timeout == std::chrono::seconds(60));
  CHECK(options.stop_timeout == std::chrono::seconds(25));
  CHECK(options.log_level == log::Level::info);
}

TEST_CASE("options: a flag wins over the environment, the environment over the file",
          "[option_table]") {
  const Settings three = {{"EVENT_CONSUMER_WORKERS", "3"}};
  const Settings four = {{"EVENT_CONSUMER_WORKERS", "4"}};
  const Settings five = {{"EVENT_CONSUMER_WORKERS", "5"}};
  CHECK(resolved(three, four, five).options.workers == 3);
  CHECK(resolved({}, four, five).options.workers == 4);
  CHECK(resolved({}, {}, five).options.workers == 5);
  CHECK(resolved({}).options.workers == 2);
}

TEST_CASE("options: what is overruled need not be valid", "[option_table]") {
  const Settings bad = {{"EVENT_CONSUMER_WORKERS", "many"}};
  CHECK(resolved({{"EVENT_CONSUMER_WORKERS", "3"}}, bad, bad).options.workers == 3);
}

TEST_CASE("options: a variable set to nothing is set", "[option_table]") {
  CHECK(resolved({}, {{"EVENT_CONSUMER_DEAD_LETTER_QUEUE", ""}}).options.dead_letter_queue == "");
  CHECK(resolved({}, {{"EVENT_CONSUMER_REQUIRED", ""}}).options.required_columns->empty());
  refused({}, {{"CLICKHOUSE_HOST", ""}});
}

TEST_CASE("options: routing key and dead-letter queue follow the queue's name", "[option_table]") {
  const Options options = resolved({}, {{"RABBITMQ_QUEUE", "orders"}}).options;
  CHECK(options.rabbitmq_routing_key == "orders");
  CHECK(options.dead_letter_queue == "orders.dead");

  const Options own =
      resolved({}, {{"RABBITMQ_QUEUE", "orders"}, {"RABBITMQ_ROUTING_KEY", "order.*"}}).options;
  CHECK(own.rabbitmq_routing_key == "order.*");
  CHECK(own.dead_letter_queue == "orders.dead");
}

TEST_CASE("options: names that AMQP cannot carry are refused", "[option_table]") {
  const std::string longest(255, 'q');
  for (const char* variable : {"RABBITMQ_QUEUE", "RABBITMQ_EXCHANGE", "RABBITMQ_ROUTING_KEY",
                               "EVENT_CONSUMER_DEAD_LETTER_QUEUE"}) {
    INFO(variable);
    CHECK(contains(refused({{variable, longest + "q"}}), "longer than 255 bytes"));
    CHECK(contains(refused({{variable, "order\ns"}}), "more than one line"));
  }
  CHECK(contains(refused({{"RABBITMQ_QUEUE", longest}}),
                 "default of EVENT_CONSUMER_DEAD_LETTER_QUEUE: "));
  CHECK(resolved({{"RABBITMQ_QUEUE", longest}, {"EVENT_CONSUMER_DEAD_LETTER_QUEUE", "d"}})
            .options.rabbitmq_queue == longest);
}

TEST_CASE("options: the prefetch is a number, or what fits", "[option_table]") {
  CHECK(resolved({}, {{"EVENT_CONSUMER_PREFETCH", "7"}}).options.prefetch == 7);
  CHECK_FALSE(resolved({}, {{"EVENT_CONSUMER_PREFETCH", "auto"}}).options.prefetch);
}

TEST_CASE("options: the delivery limit is known, none, or left to the broker's version",
          "[option_table]") {
  const auto limit = [](const char* text) {
    return resolved({}, {{"EVENT_CONSUMER_DELIVERY_LIMIT", text}}).options.delivery_limit;
  };
  CHECK(limit("auto").is_auto);
  CHECK_FALSE(limit("none").is_auto);
  CHECK_FALSE(limit("none").limit);
  CHECK_FALSE(limit("3").is_auto);
  CHECK(limit("3").limit == 3);
  CHECK(limit("0").limit == 0);
}

TEST_CASE("options: inserts go back to the first host after a minute, or never", "[option_table]") {
  CHECK(resolved({}, {}).options.clickhouse_failback == std::chrono::seconds(60));
  CHECK(resolved({}, {{"CLICKHOUSE_FAILBACK", "5"}}).options.clickhouse_failback ==
        std::chrono::seconds(5));
  CHECK_FALSE(resolved({}, {{"CLICKHOUSE_FAILBACK", "off"}}).options.clickhouse_failback);
  CHECK_FALSE(resolve_options({}, {{"CLICKHOUSE_FAILBACK", "0"}}, {}));
}

TEST_CASE("options: queues are classic ones unless quorum is said", "[option_table]") {
  const auto type = [](const char* text) {
    return resolved({}, {{"EVENT_CONSUMER_QUEUE_TYPE", text}}).options.queue_type;
  };
  CHECK((resolved({}, {}).options.queue_type == QueueType::kClassic));
  CHECK((type("classic") == QueueType::kClassic));
  CHECK((type("quorum") == QueueType::kQuorum));
  CHECK_FALSE(resolve_options({}, {{"EVENT_CONSUMER_QUEUE_TYPE", "stream"}}, {}));
}

TEST_CASE("options: the text that applied is kept for every row", "[option_table]") {
  const ResolvedOptions options =
      resolved({{"EVENT_CONSUMER_WORKERS", "3"}}, {{"CLICKHOUSE_PASSWORD", "secret"}},
               {{"EVENT_CONSUMER_BATCH_BYTES", "1MiB"}});
  CHECK(options.texts.size() == option_table().size());
  CHECK(options.texts.at("EVENT_CONSUMER_WORKERS") == "3");
  CHECK(options.texts.at("CLICKHOUSE_PASSWORD") == "secret");
  CHECK(options.texts.at("EVENT_CONSUMER_BATCH_BYTES") == "1MiB");
  CHECK(options.texts.at("EVENT_CONSUMER_PREFETCH") == "auto");
}

// The supervisor hands the texts to its workers as their environment.
TEST_CASE("options: the texts that applied, resolved again, are the same options",
          "[option_table]") {
  const Settings texts = resolved({{"RABBITMQ_QUEUE", "orders"}}).texts;
  CHECK(resolved({}, texts).texts == texts);
}

TEST_CASE("options: a refusal names the place and quotes the text", "[option_table]") {
  const Settings bad = {{"EVENT_CONSUMER_WORKERS", "many"}};
  const std::string wrong = "'many': expected a whole number from 1 to 256";
  CHECK(refused(bad) == "--workers: " + wrong);
  CHECK(refused({}, bad) == "environment variable EVENT_CONSUMER_WORKERS: " + wrong);
  CHECK(refused({}, {}, bad) == "EVENT_CONSUMER_WORKERS in the configuration file: " + wrong);
}

TEST_CASE("options: values out of range are refused", "[option_table]") {
  const std::vector<std::pair<const char*, const char*>> bad = {
      {"EVENT_CONSUMER_WORKERS", "0"},
      {"EVENT_CONSUMER_WORKERS", "257"},
      {"EVENT_CONSUMER_PREFETCH", "0"},
      {"EVENT_CONSUMER_PREFETCH", "65536"},
      {"EVENT_CONSUMER_PREFETCH", "many"},
      {"EVENT_CONSUMER_DELIVERY_LIMIT", "-1"},
      {"EVENT_CONSUMER_DELIVERY_LIMIT", ""},
      {"CLICKHOUSE_PORT", "0"},
      {"CLICKHOUSE_PORT", "65536"},
      {"CLICKHOUSE_TIMEOUT", "0"},
      {"CLICKHOUSE_TIMEOUT", "1.5"},
      {"EVENT_CONSUMER_BATCH_ROWS", "0"},
      {"EVENT_CONSUMER_BATCH_ROWS", "1000001"},
      {"EVENT_CONSUMER_BATCH_BYTES", "1023"},
      {"EVENT_CONSUMER_BATCH_BYTES", "257MiB"},
      {"EVENT_CONSUMER_BATCH_DELAY", "0"},
      {"EVENT_CONSUMER_BATCH_DELAY", "nan"},
      {"EVENT_CONSUMER_CREATE_TABLE", "ye"},
      {"EVENT_CONSUMER_START_TIMEOUT", "-1"},
      {"EVENT_CONSUMER_STOP_TIMEOUT", "0"},
      {"LOG_LEVEL", "loud"},
      {"RABBITMQ_URL", "localhost"},
      {"RABBITMQ_URL", "amqp://one,amqp://two:x"},
      {"CLICKHOUSE_HOST", "one,two:x"},
      {"CLICKHOUSE_TLS", "ye"},
      {"RABBITMQ_QUEUE", ""},
  };
  for (const auto& [variable, text] : bad) {
    row_of(variable);
    CHECK(contains(refused({}, {{variable, text}}), variable));
  }
}

TEST_CASE("options: a password in the flag is refused, naming variable and file",
          "[option_table]") {
  const std::string message = refused({{"RABBITMQ_URL", "amqp://user:hunter2@host/"}});
  CHECK(contains(message, "--rabbitmq-url"));
  CHECK(contains(message, "RABBITMQ_URL"));
  CHECK(contains(message, "--config"));
  CHECK_FALSE(contains(message, "hunter2"));
}

TEST_CASE("options: a flag without a password of its own is fine", "[option_table]") {
  for (const char* url : {"amqp://host/", "amqp://guest:guest@host/", "amqp://user@host/"})
    CHECK(resolved({{"RABBITMQ_URL", url}}).options.rabbitmq_urls.at(0).host == "host");
}

TEST_CASE("options: a password is welcome in the environment and in the file", "[option_table]") {
  const Settings url = {{"RABBITMQ_URL", "amqp://user:hunter2@host/"}};
  CHECK(resolved({}, url).options.rabbitmq_urls.at(0).password == "hunter2");
  CHECK(resolved({}, {}, url).options.rabbitmq_urls.at(0).password == "hunter2");
  CHECK(resolved({}, {{"CLICKHOUSE_PASSWORD", "hunter2"}}).options.clickhouse_password ==
        "hunter2");
}

TEST_CASE("options: RABBITMQ_PASSWORD replaces the password of every URL", "[option_table]") {
  const Settings url = {{"RABBITMQ_URL", "amqp://app@one,amqp://app:old@two"}};
  const Settings password = {{"RABBITMQ_PASSWORD", "hunter2"}};
  for (const Options& options :
       {resolved({}, url, password).options,
        resolved({{"RABBITMQ_URL", "amqp://app@one,amqp://app@two"}}, password).options}) {
    REQUIRE(options.rabbitmq_urls.size() == 2);
    for (const AmqpUrl& read : options.rabbitmq_urls) CHECK(read.password == "hunter2");
  }
  CHECK(resolved({}, url, {{"RABBITMQ_PASSWORD", ""}}).options.rabbitmq_urls[1].password == "old");
}

TEST_CASE("options: the log level has two variables, and ours wins", "[option_table]") {
  const Settings ours = {{"EVENT_CONSUMER_LOG_LEVEL", "debug"}};
  const Settings both = {{"EVENT_CONSUMER_LOG_LEVEL", "debug"}, {"LOG_LEVEL", "error"}};
  for (const Settings& settings : {ours, both}) {
    CHECK(resolved({}, settings).options.log_level == log::Level::debug);
    CHECK(resolved({}, {}, settings).options.log_level == log::Level::debug);
  }
  CHECK(resolved({}, ours).texts.at("LOG_LEVEL") == "debug");
  CHECK(resolved({}, {{"LOG_LEVEL", "error"}}, ours).options.log_level == log::Level::err);
  CHECK(resolved({{"LOG_LEVEL", "error"}}, ours).options.log_level == log::Level::err);
  CHECK(refused({}, {{"EVENT_CONSUMER_LOG_LEVEL", "loud"}})
            .find("environment variable EVENT_CONSUMER_LOG_LEVEL: 'loud'") == 0);
}

TEST_CASE("options: several brokers share one CA file", "[option_table]") {
  const Options options =
      resolved({{"RABBITMQ_URL", "amqps://one,amqps://two"}, {"RABBITMQ_CA_FILE", "/ca.pem"}})
          .options;
  REQUIRE(options.rabbitmq_urls.size() == 2);
  for (const AmqpUrl& url : options.rabbitmq_urls) CHECK(url.tls_files.ca == "/ca.pem");
}

TEST_CASE("options: a CA file without TLS is refused", "[option_table]") {
  CHECK(contains(refused({}, {{"RABBITMQ_CA_FILE", "/ca.pem"}}), "amqps://"));
  CHECK(contains(refused({}, {{"CLICKHOUSE_CA_FILE", "/ca.pem"}}), "--clickhouse-tls is off"));
  resolved({}, {{"RABBITMQ_CA_FILE", "/ca.pem"}, {"RABBITMQ_URL", "amqp://one,amqps://two"}});
  resolved({}, {{"CLICKHOUSE_CA_FILE", "/ca.pem"}, {"CLICKHOUSE_TLS", "on"}});
}

TEST_CASE("options: a certificate of ours wants TLS, and its key a certificate", "[option_table]") {
  const Settings amqps = {{"RABBITMQ_URL", "amqps://one,amqps://two"}};
  const auto with = [&](const Settings& more) {
    Settings all = amqps;
    all.insert(more.begin(), more.end());
    return all;
  };
  CHECK(contains(refused({}, {{"RABBITMQ_CERTIFICATE_FILE", "/c"}}),
                 "--rabbitmq-certificate-file is given, but no URL"));
  CHECK(contains(refused({}, {{"CLICKHOUSE_KEY_FILE", "/k"}}), "--clickhouse-tls is off"));
  CHECK(contains(refused({}, with({{"RABBITMQ_KEY_FILE", "/k"}})),
                 "--rabbitmq-key-file is given, but no --rabbitmq-certificate-file"));
  CHECK(contains(refused({}, with({{"RABBITMQ_AUTH", "certificate"}})),
                 "there is no --rabbitmq-certificate-file"));
  CHECK(contains(refused({}, {{"RABBITMQ_AUTH", "EXTERNAL"}}), "expected password or certificate"));
  const Options options =
      resolved(with({{"RABBITMQ_CERTIFICATE_FILE", "/c"}, {"RABBITMQ_AUTH", "certificate"}}))
          .options;
  for (const AmqpUrl& url : options.rabbitmq_urls) {
    CHECK(url.tls_files.certificate == "/c");
    CHECK(url.external);
  }
}

TEST_CASE("options: a password in the second URL of the flag is refused too", "[option_table]") {
  const std::string message = refused({{"RABBITMQ_URL", "amqp://one,amqp://user:hunter2@two"}});
  CHECK(contains(message, "--rabbitmq-url holds a password"));
  CHECK_FALSE(contains(message, "hunter2"));
}

TEST_CASE("options: ClickHouse's port is that of hosts without one", "[option_table]") {
  using Hosts = std::vector<HostPort>;
  const Settings hosts = {{"CLICKHOUSE_HOST", "one,two:9"}};
  CHECK(resolved(hosts).options.clickhouse_hosts == Hosts{{"one", 8123}, {"two", 9}});
  CHECK(resolved(hosts, {{"CLICKHOUSE_PORT", "7"}}).options.clickhouse_hosts ==
        Hosts{{"one", 7}, {"two", 9}});
  CHECK(resolved(hosts, {{"CLICKHOUSE_TLS", "on"}}).options.clickhouse_hosts ==
        Hosts{{"one", 8443}, {"two", 9}});
}

TEST_CASE("options: ClickHouse's password has no flag", "[option_table]") {
  CHECK(row_of("CLICKHOUSE_PASSWORD").flag == nullptr);
}

TEST_CASE("options: no refusal holds a password", "[option_table]") {
  for (const char* url : {"http://user:hunter2@host", "amqp://user:hunter2@host:x",
                          "amqp://user:hunter2%@host", "user:hunter2@host"}) {
    const Settings settings = {{"RABBITMQ_URL", url}};
    CHECK_FALSE(contains(refused(settings), "hunter2"));
    CHECK_FALSE(contains(refused({}, settings), "hunter2"));
    CHECK_FALSE(contains(refused({}, {}, settings), "hunter2"));
  }
  CHECK_FALSE(contains(refused({}, {{"CLICKHOUSE_PASSWORD", "hunter2"}, {"CLICKHOUSE_PORT", "x"}}),
                       "hunter2"));
}

TEST_CASE("options: where each text stands is kept", "[option_table]") {
  const ResolvedOptions options =
      resolved({{"EVENT_CONSUMER_WORKERS", "3"}}, {{"CLICKHOUSE_PORT", "4"}},
               {{"CLICKHOUSE_PORT", "5"}, {"RABBITMQ_QUEUE", "orders"}});
  CHECK(options.origins.size() == option_table().size());
  CHECK(options.origins.at("EVENT_CONSUMER_WORKERS") == Origin::kFlag);
  CHECK(options.origins.at("CLICKHOUSE_PORT") == Origin::kEnvironment);
  CHECK(options.origins.at("RABBITMQ_QUEUE") == Origin::kFile);
  CHECK(options.origins.at("RABBITMQ_ROUTING_KEY") == Origin::kDefault);
  CHECK(options.origins.at("CLICKHOUSE_HOST") == Origin::kDefault);
}

}  // namespace
}  // namespace event_consumer
