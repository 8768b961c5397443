// What an operator mistypes, a row of the table in event-consumer(8) each, and what comes of it. A
// slip that only a server can tell is tested in tests/integration, under a name of this kind too.
#include "common/text.h"
#include "tests/common/clean_environment.h"
#include "tests/common/read_arguments.h"
#include "tests/common/temporary_file.h"

namespace event_consumer {
namespace {

using testing::accepted;
using testing::CleanEnvironment;
using testing::refused;
using testing::TemporaryFile;

using Notes = std::vector<std::string>;

std::string refused_with(const Settings& variables) {
  const CleanEnvironment environment(variables);
  return refused({});
}

ResolvedOptions accepted_with(const Settings& variables,
                              const std::vector<std::string>& arguments = {}) {
  const CleanEnvironment environment(variables);
  return accepted(arguments).resolved;
}

std::string refused_in_file(const std::string& content) {
  const CleanEnvironment environment;
  const TemporaryFile file(content);
  return refused({"--config", file.path()});
}

std::string no_effect(const std::string& name, const std::string& meant) {
  return "environment variable " + name +
         " is not the variable of any option and has no effect: did you mean " + meant + "?";
}

TEST_CASE("slip: EVENT_CONSUMER_WORKRES=4", "[slips]") {
  CHECK(refused_with({{"EVENT_CONSUMER_WORKRES", "4"}}) ==
        "event-consumer: environment variable EVENT_CONSUMER_WORKRES is not the variable of any "
        "option: did you mean EVENT_CONSUMER_WORKERS?\n");
}

TEST_CASE("slip: EVENT_CONSUMER_TABEL=orders", "[slips]") {
  const std::string message =
      refused_with({{"EVENT_CONSUMER_TABEL", "hunter2"}, {"EVENT_CONSUMER_CONFIGG", "hunter2"}});
  CHECK(contains(message, "EVENT_CONSUMER_TABEL is not the variable of any option\n"));
  CHECK(contains(message, "did you mean EVENT_CONSUMER_CONFIG?; "));
  CHECK_FALSE(contains(message, "hunter2"));
}

TEST_CASE("slip: CLICKHOUSE_PASWORD=secret", "[slips]") {
  CHECK(accepted_with({{"CLICKHOUSE_PASWORD", "hunter2"}}).notes ==
        Notes{no_effect("CLICKHOUSE_PASWORD", "CLICKHOUSE_PASSWORD")});
}

TEST_CASE("slip: --dead-letter-queue of the queue", "[slips]") {
  CHECK(refused_with(
            {{"RABBITMQ_QUEUE", "orders"}, {"EVENT_CONSUMER_DEAD_LETTER_QUEUE", "orders"}}) ==
        "event-consumer: --dead-letter-queue is orders, the queue to empty: a rejected message "
        "would come again for ever; name another queue, or none\n");
}

TEST_CASE("slip: --batch-delay 900", "[slips]") {
  const CleanEnvironment environment;
  CHECK(contains(refused({"--batch-delay", "900"}),
                 "--batch-delay is longer than half of --hold-timeout: events would go back"));
  CHECK(contains(refused({"--hold-timeout", "1"}), "--batch-delay is longer than half"));
  accepted({"--hold-timeout", "2"});
  accepted({"--batch-delay", "900", "--hold-timeout", "1800"});
}

TEST_CASE("slip: RABBITMQ_QUEU=orders", "[slips]") {
  const ResolvedOptions read = accepted_with({{"RABBITMQ_QUEU", "orders"}});
  CHECK(read.notes == Notes{no_effect("RABBITMQ_QUEU", "RABBITMQ_QUEUE")});
  CHECK(read.options.rabbitmq_queue == "click_events");
}

TEST_CASE("slip: CLICKHOSUE_HOST=db", "[slips]") {
  CHECK(accepted_with({{"CLICKHOSUE_HOST", "db"}}).notes ==
        Notes{no_effect("CLICKHOSUE_HOST", "CLICKHOUSE_HOST")});
  CHECK(accepted_with({{"EVENT_CONSUMR_WORKERS", "4"}}).notes ==
        Notes{no_effect("EVENT_CONSUMR_WORKERS", "EVENT_CONSUMER_WORKERS")});
}

TEST_CASE("slip: clickhouse_host=db", "[slips]") {
  CHECK(accepted_with({{"clickhouse_host", "db"}}).notes ==
        Notes{no_effect("clickhouse_host", "CLICKHOUSE_HOST")});
}

TEST_CASE("slip: CLICKHOUSE_HOTS=db in the file", "[slips]") {
  CHECK(contains(refused_in_file("# ours\nCLICKHOUSE_HOTS=db\n"),
                 ", line 2: 'CLICKHOUSE_HOTS' is not the variable of any option: did you mean "
                 "CLICKHOUSE_HOST?\n"));
}

TEST_CASE("slip: a line without = in the file", "[slips]") {
  CHECK(contains(refused_in_file("CLICKHOUSE_HOST=db\nhunter2\n"), ", line 2: expected NAME="));
}

TEST_CASE("slip: a password alone on a line", "[slips]") {
  for (const char* password : {"hunter2", "aHVudGVyMg==", "HUNTER2=", "aHVu+dGVy/Mg="}) {
    const std::string message = refused_in_file("CLICKHOUSE_HOST=db\n" + std::string(password));
    CHECK(contains(message, ", line 2: "));
    CHECK_FALSE(contains(message, std::string(password).substr(0, 4)));
  }
}

TEST_CASE("slip: --config /etc/no/such/file", "[slips]") {
  const CleanEnvironment environment;
  CHECK(contains(refused({"--config", "/etc/no/such/file"}),
                 "cannot read configuration file /etc/no/such/file: No such file"));
}

TEST_CASE("slip: --wrokers 4", "[slips]") {
  const CleanEnvironment environment;
  CHECK(refused({"--wrokers", "4"}) ==
        "event-consumer: unknown argument --wrokers: did you mean --workers?\n");
  CHECK(contains(refused({"--batch_rows=4"}), "--batch_rows: did you mean --batch-rows?\n"));
  CHECK(contains(refused({"-workers", "4"}), "-workers: did you mean --workers?\n"));
  CHECK(contains(refused({"--pirnt-config"}), "did you mean --print-config?\n"));
  CHECK(contains(refused({"dead-letters", "list", "--jsno"}), "did you mean --json?\n"));
  CHECK(contains(refused({"--no-such-flag"}), "unknown argument --no-such-flag (see --help)\n"));
  // What only the program gives to itself is nobody's intention.
  CHECK_FALSE(contains(refused({"--serve-statsu"}), "did you mean"));
}

TEST_CASE("slip: --workers 4 --workers 5", "[slips]") {
  const CleanEnvironment environment;
  CHECK(contains(refused({"--workers", "4", "--workers", "5"}), "--workers"));
}

TEST_CASE("slip: -- check", "[slips]") {
  const CleanEnvironment environment;
  const std::string message = "event-consumer: unknown argument -- (see --help)\n";
  CHECK(refused({"--", "check"}) == message);
  CHECK(refused({"--", "dead-letters", "drop"}) == message);
  CHECK(refused({"check", "--", "check"}) == message);
}

TEST_CASE("slip: chekc", "[slips]") {
  const CleanEnvironment environment;
  CHECK(refused({"chekc"}) == "event-consumer: unknown argument chekc: did you mean check?\n");
  CHECK(contains(refused({"dead-leters", "list"}), "dead-leters: did you mean dead-letters?\n"));
}

TEST_CASE("slip: check dead-letters drop", "[slips]") {
  const CleanEnvironment environment;
  CHECK(refused({"check", "dead-letters", "drop"}) ==
        "event-consumer: one command at a time: check or dead-letters\n");
  CHECK(contains(refused({"dead-letters", "drop", "check"}), "one command at a time"));
  CHECK(contains(refused({"check", "status"}), "one command at a time"));
}

TEST_CASE("slip: dead-letters lits", "[slips]") {
  const CleanEnvironment environment;
  CHECK(contains(refused({"dead-letters", "lits"}),
                 "ubcommand is required: unknown argument lits: did you mean list?\n"));
  CHECK(contains(refused({"dead-letters", "dorp"}), "did you mean drop?\n"));
}

TEST_CASE("slip: --reason bad_valeu", "[slips]") {
  const CleanEnvironment environment;
  CHECK(refused({"dead-letters", "drop", "--reason", "bad_valeu"}) ==
        "event-consumer: --reason: 'bad_valeu' is the reason of no dead letter: did you mean "
        "bad_value?\n");
  CHECK(contains(refused({"dead-letters", "drop", "--reason", "none"}),
                 "no dead letter; there are not_json, invalid_utf8, "));
}

TEST_CASE("slip: --clickhouse-password secret", "[slips]") {
  const CleanEnvironment environment;
  const std::string sentence =
      "event-consumer: there is no flag --clickhouse-password, because the process list would show "
      "the password to everybody: put it into the environment variable CLICKHOUSE_PASSWORD or into "
      "the file given with --config, or alone into a file named by --clickhouse-password-file\n";
  for (const char* flag : {"--clickhouse-password", "--clickhouse-pasword"}) {
    CHECK(refused({flag, "hunter2"}) == sentence);
    CHECK(refused({std::string(flag) + "=hunter2"}) == sentence);
  }
  CHECK(contains(refused({"--rabbitmq-password=hunter2"}),
                 "environment variable RABBITMQ_PASSWORD "));
}

TEST_CASE("slip: a password in --rabbitmq-url", "[slips]") {
  const CleanEnvironment environment;
  const std::string message = refused({"--rabbitmq-url", "amqp://app:hunter2@rabbit/"});
  CHECK(contains(message, "--rabbitmq-url holds a password"));
  CHECK_FALSE(contains(message, "hunter2"));
}

TEST_CASE("slip: CLICKHOUSE_PORT=tcp://IP:8123", "[slips]") {
  const Settings link = {{"CLICKHOUSE_PORT", "tcp://10.0.0.1:8123"}};
  const ResolvedOptions read = accepted_with(link);
  CHECK(read.options.clickhouse_port == 8123);
  CHECK(read.origins.at("CLICKHOUSE_PORT") == Origin::kDefault);
  CHECK(read.notes ==
        Notes{"CLICKHOUSE_PORT=tcp://10.0.0.1:8123 is passed over: it is Kubernetes' link to a "
              "Service, and no port; set CLICKHOUSE_PORT yourself, or enableServiceLinks: false in "
              "the Pod"});
  const TemporaryFile file("CLICKHOUSE_PORT=8124\n");
  CHECK(accepted_with(link, {"--config", file.path()}).options.clickhouse_port == 8124);
}

TEST_CASE("slip: a Service named event-consumer", "[slips]") {
  const Settings service = {{"EVENT_CONSUMER_SERVICE_HOST", "10.0.0.2"},
                            {"EVENT_CONSUMER_SERVICE_PORT", "9463"},
                            {"EVENT_CONSUMER_SERVICE_PORT_HTTP", "9463"},
                            {"EVENT_CONSUMER_PORT", "tcp://10.0.0.2:9463"},
                            {"EVENT_CONSUMER_PORT_9463_TCP", "tcp://10.0.0.2:9463"},
                            {"EVENT_CONSUMER_PORT_9463_TCP_PROTO", "tcp"},
                            {"EVENT_CONSUMER_PORT_9463_TCP_PORT", "9463"},
                            {"EVENT_CONSUMER_PORT_9463_TCP_ADDR", "10.0.0.2"}};
  CHECK(accepted_with(service).notes == Notes{});
  CHECK(contains(refused_with({{"EVENT_CONSUMER_PORT", "9463"}}), "EVENT_CONSUMER_PORT is not"));
}

TEST_CASE("slip: CLICKHOUSE_HOST=https://db:8443", "[slips]") {
  const ResolvedOptions read =
      accepted_with({{"CLICKHOUSE_HOST", "https://db,https://other:443/"}});
  CHECK(read.options.clickhouse_tls);
  CHECK(read.options.clickhouse_hosts == std::vector<HostPort>{{"db", 8443}, {"other", 443}});
  CHECK(read.texts.at("CLICKHOUSE_TLS") == "on");
  // As the supervisor hands them to its workers.
  CHECK(accepted_with(read.texts).options.clickhouse_hosts == read.options.clickhouse_hosts);
}

TEST_CASE("slip: CLICKHOUSE_HOST=http://db:8123", "[slips]") {
  const Options options = accepted_with({{"CLICKHOUSE_HOST", "http://db:8123"}}).options;
  CHECK_FALSE(options.clickhouse_tls);
  CHECK(options.clickhouse_hosts == std::vector<HostPort>{{"db", 8123}});
}

TEST_CASE("slip: https:// and CLICKHOUSE_TLS=off", "[slips]") {
  CHECK(contains(refused_with({{"CLICKHOUSE_HOST", "https://db"}, {"CLICKHOUSE_TLS", "off"}}),
                 "--clickhouse-host has https://, but --clickhouse-tls is off\n"));
  CHECK(contains(refused_with({{"CLICKHOUSE_HOST", "http://db"}, {"CLICKHOUSE_TLS", "on"}}),
                 "--clickhouse-host has http://, but --clickhouse-tls is on\n"));
  CHECK(contains(refused_with({{"CLICKHOUSE_HOST", "https://a,http://b"}}), "not both\n"));
}

TEST_CASE("slip: CLICKHOUSE_HOST=https://u:p@db", "[slips]") {
  for (const char* host : {"https://user:hunter2@db", "user:hunter2@db",
                           "https://db:8443/?user=writer&password=hunter2"}) {
    const std::string message = refused_with({{"CLICKHOUSE_HOST", host}});
    CHECK(contains(message, "user, password and database have options of their own\n"));
    CHECK_FALSE(contains(message, "hunter2"));
  }
  // The host was forgotten.
  CHECK_FALSE(contains(refused_with({{"CLICKHOUSE_HOST", "https://user:hunter2"}}), "hunter2"));
}

TEST_CASE("slip: CLICKHOUSE_HOST=tcp://db:9000", "[slips]") {
  CHECK(contains(refused_with({{"CLICKHOUSE_HOST", "tcp://db:9000"}}),
                 "tcp:// is the native protocol, and this program speaks HTTP"));
}

TEST_CASE("slip: CLICKHOUSE_TLS=true", "[slips]") {
  CHECK(accepted_with({{"CLICKHOUSE_TLS", "true"}}).options.clickhouse_tls);
  CHECK_FALSE(accepted_with({{"CLICKHOUSE_TLS", "No"}}).options.clickhouse_tls);
}

TEST_CASE("slip: CLICKHOUSE_TLS=ture", "[slips]") {
  CHECK(contains(refused_with({{"CLICKHOUSE_TLS", "ture"}}), "'ture': expected on or off\n"));
}

TEST_CASE("slip: EVENT_CONSUMER_WORKERS=many", "[slips]") {
  CHECK(contains(refused_with({{"EVENT_CONSUMER_WORKERS", "many"}}),
                 "'many': expected a whole number from 1 to 256\n"));
}

TEST_CASE("slip: a line break behind a password", "[slips]") {
  const Options options = accepted_with({{"CLICKHOUSE_PASSWORD", "hunter2\n"},
                                         {"CLICKHOUSE_USER", "writer\r\n"},
                                         {"RABBITMQ_URL", "amqp://app@rabbit/\n"},
                                         {"RABBITMQ_PASSWORD", "hunter3\n"}})
                              .options;
  CHECK(options.clickhouse_password == "hunter2");
  CHECK(options.clickhouse_user == "writer");
  CHECK(options.rabbitmq_urls.at(0).virtual_host == "/");
  CHECK(options.rabbitmq_urls.at(0).password == "hunter3");
}

TEST_CASE("slip: two lines in a password", "[slips]") {
  for (const char* variable : {"CLICKHOUSE_PASSWORD", "RABBITMQ_PASSWORD", "CLICKHOUSE_USER"}) {
    const std::string message = refused_with({{variable, "one\ntwo\n"}});
    CHECK(contains(message, variable));
    CHECK(contains(message, "holds more than one line of text\n"));
  }
  CHECK_FALSE(contains(refused_with({{"CLICKHOUSE_PASSWORD", "one\ntwo"}}), "two"));
}

TEST_CASE("slip: CLICKHOUSE_CA_FILE without TLS", "[slips]") {
  CHECK(contains(refused_with({{"CLICKHOUSE_CA_FILE", "/ca.pem"}}), "--clickhouse-tls is off\n"));
  accepted_with({{"CLICKHOUSE_CA_FILE", "/ca.pem"}, {"CLICKHOUSE_HOST", "https://db"}});
}

TEST_CASE("slip: RABBITMQ_URL=rabbit:5672", "[slips]") {
  CHECK(contains(refused_with({{"RABBITMQ_URL", "rabbit:5672"}}), "expected amqp://"));
}

}  // namespace
}  // namespace event_consumer
