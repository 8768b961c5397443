#include "common/command_line.h"

#include <sstream>

#include "common/terminal.h"
#include "common/text.h"
#include "tests/common/clean_environment.h"
#include "tests/common/read_arguments.h"
#include "tests/common/temporary_file.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

// Blanks and line breaks as one blank each.
std::string in_one_line(const std::string& text) {
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
  return line;
}

using testing::accepted;
using testing::CleanEnvironment;
using testing::Outcome;
using testing::refused;
using testing::run_reading;
using testing::TemporaryFile;

TEST_CASE("command line: without arguments the defaults apply", "[command_line]") {
  const CleanEnvironment environment;
  const CommandLine command_line = accepted({});
  CHECK(command_line.resolved.options.workers == 2);
  CHECK(command_line.config_paths.empty());
  CHECK(command_line.worker_slot == 0);
  CHECK(command_line.ready_fd == -1);
}

TEST_CASE("command line: a flag's value stands behind it or behind =", "[command_line]") {
  const CleanEnvironment environment;
  CHECK(accepted({"--workers", "4"}).resolved.options.workers == 4);
  CHECK(accepted({"--workers=4"}).resolved.options.workers == 4);
  CHECK(accepted({"--dead-letter-queue", ""}).resolved.options.dead_letter_queue == "");
}

TEST_CASE("command line: a flag that repeats is as good as one with commas", "[command_line]") {
  const CleanEnvironment environment;
  const CommandLine command_line =
      accepted({"--clickhouse-setting", "a=1", "--workers", "3", "--clickhouse-setting=b=2,c=3"});
  CHECK(command_line.resolved.texts.at("CLICKHOUSE_SETTINGS") == "a=1,b=2,c=3");
  CHECK((command_line.resolved.options.clickhouse_settings ==
         InsertSettings{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  CHECK(command_line.resolved.options.workers == 3);
}

TEST_CASE("command line: nothing behind = is an empty value", "[command_line]") {
  const CleanEnvironment environment;
  CHECK(accepted({"--dead-letter-queue="}).resolved.options.dead_letter_queue == "");
}

TEST_CASE("command line: nothing behind = does not swallow the next flag", "[command_line]") {
  const CleanEnvironment environment;
  const Outcome outcome = run_reading({"--dead-letter-queue=", "--workers=3"});
  REQUIRE(outcome.command_line.has_value());
  CHECK(outcome.command_line->resolved.options.dead_letter_queue == "");
  CHECK(outcome.command_line->resolved.options.workers == 3);
}

TEST_CASE("command line: every flag of the table is known", "[command_line]") {
  const CleanEnvironment environment;
  for (const OptionRow& row : option_table()) {
    if (row.flag == nullptr) continue;
    const std::string text = row.derived_default != nullptr
                                 ? row.derived_default(accepted({}).resolved.options)
                                 : row.default_text;
    INFO(row.flag);
    const CommandLine command_line = accepted({std::string("--") + row.flag, text});
    CHECK(command_line.resolved.texts.at(row.variable) == text);
  }
}

TEST_CASE("command line: flag, then environment, then file", "[command_line]") {
  const TemporaryFile file("EVENT_CONSUMER_WORKERS=5\nCLICKHOUSE_PORT=5\nRABBITMQ_QUEUE=file\n");
  const CleanEnvironment environment(
      Settings{{"EVENT_CONSUMER_WORKERS", "4"}, {"CLICKHOUSE_PORT", "4"}, {"UNKNOWN_TO_US", "x"}});
  const Options options = accepted({"--config", file.path(), "--workers", "3"}).resolved.options;
  CHECK(options.workers == 3);
  CHECK(options.clickhouse_port == 4);
  CHECK(options.rabbitmq_queue == "file");
}

TEST_CASE("command line: the file may be named by the environment", "[command_line]") {
  const TemporaryFile file("EVENT_CONSUMER_WORKERS=5\n");
  const TemporaryFile other("EVENT_CONSUMER_WORKERS=6\n");
  const CleanEnvironment environment(Settings{{"EVENT_CONSUMER_CONFIG", file.path()}});
  CHECK(accepted({}).resolved.options.workers == 5);
  CHECK(accepted({}).resolved.files == std::vector<std::string>{file.path()});
  CHECK(accepted({"--config", other.path()}).resolved.options.workers == 6);
}

TEST_CASE("command line: a bad file is refused", "[command_line]") {
  const CleanEnvironment environment;
  const TemporaryFile file("NOT_OURS=5\n");
  CHECK(contains(refused({"--config", file.path()}), "NOT_OURS"));
  CHECK(contains(refused({"--config", "build/no/such/file"}), "build/no/such/file"));
}

TEST_CASE("command line: --help names every flag, variable and default", "[command_line]") {
  const CleanEnvironment environment(Settings{{"RABBITMQ_URL", "amqp://user:hunter2@host/"}});
  const Outcome outcome = run_reading({"--help"});
  CHECK_FALSE(outcome.command_line.has_value());
  CHECK(outcome.exit_code == ExitCode::kOk);
  CHECK(outcome.err == "");
  CHECK_FALSE(contains(outcome.out, "hunter2"));
  for (const OptionRow& row : option_table()) {
    INFO(row.variable);
    if (row.flag != nullptr) CHECK(contains(outcome.out, std::string("--") + row.flag + " "));
    CHECK(contains(outcome.out, row.variable));
    if (row.alias != nullptr) CHECK(contains(outcome.out, row.alias));
    if (row.flag != nullptr) CHECK(contains(in_one_line(outcome.out), row.default_text));
  }
  CHECK(contains(outcome.out, "EVENT_CONSUMER_CONFIG"));
}

TEST_CASE("command line: help fits 80 columns where there is no terminal", "[command_line]") {
  const CleanEnvironment environment;
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--help"}, {"check", "--help"}, {"dead-letters", "--help"}, {"status", "--help"}}) {
    std::istringstream lines(run_reading(arguments).out);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(width_of(line) <= 80);
    }
  }
}

TEST_CASE("command line: --version", "[command_line]") {
  const CleanEnvironment environment(Settings{{"EVENT_CONSUMER_WORKERS", "bad"}});
  const Outcome outcome = run_reading({"--version"});
  CHECK_FALSE(outcome.command_line.has_value());
  CHECK(outcome.exit_code == ExitCode::kOk);
  CHECK(outcome.out == "event-consumer " EVENT_CONSUMER_VERSION "\n");
}

TEST_CASE("command line: what it does not know is refused", "[command_line]") {
  const CleanEnvironment environment;
  CHECK(contains(refused({"--wrokers", "4"}), "--wrokers"));
  refused({"run"});
  refused({"-x"});
  refused({"--worker", "4"});  // no abbreviations: they would change meaning with a new flag
  refused({"--", "x"});
}

TEST_CASE("command line: a flag wants its value, and only one", "[command_line]") {
  const CleanEnvironment environment;
  CHECK(contains(refused({"--workers"}), "--workers"));
  CHECK(contains(refused({"--workers", "1", "--workers", "2"}), "--workers"));
}

TEST_CASE("command line: a bad value is refused by program and flag", "[command_line]") {
  const CleanEnvironment environment;
  CHECK(refused({"--workers", "-1"}) ==
        "event-consumer: --workers: '-1': expected a whole number from 1 to 256\n");
  CHECK(contains(refused({"--workers", "x"}, Program::kWorker), "event-consumer-worker: "));
}

TEST_CASE("command line: slot and descriptor are the worker's alone", "[command_line]") {
  const CleanEnvironment environment;
  const CommandLine command_line = accepted({"--slot", "3", "--ready-fd", "7"}, Program::kWorker);
  CHECK(command_line.worker_slot == 3);
  CHECK(command_line.ready_fd == 7);
  refused({"--slot", "3"});
  refused({"--ready-fd", "7"});
  refused({"--slot", "three"}, Program::kWorker);
}

TEST_CASE("command line: the status needs no password file", "[command_line]") {
  const std::string file = "--rabbitmq-password-file=/nowhere/at-all";
  CHECK(contains(refused({file}), "password file /nowhere/at-all: cannot be read"));
  accepted({"status", file});
  accepted({"--serve-status", file});
}

TEST_CASE("command line: a password in the flag is refused and not repeated", "[command_line]") {
  const CleanEnvironment environment;
  const std::string error = refused({"--rabbitmq-url", "amqp://user:hunter2@host/"});
  CHECK(contains(error, "RABBITMQ_URL"));
  CHECK_FALSE(contains(error, "hunter2"));
}

TEST_CASE("command line: a URL given twice is not repeated", "[command_line]") {
  const CleanEnvironment environment;
  const std::string url = "--rabbitmq-url=amqp://user:hunter2@host/";
  CHECK_FALSE(contains(refused({url, url}), "hunter2"));
}

TEST_CASE("command line: the value of an unknown flag is not repeated", "[command_line]") {
  const CleanEnvironment environment;
  CHECK_FALSE(contains(refused({"--clickhouse-password", "hunter2"}), "hunter2"));
  CHECK_FALSE(contains(refused({"--clickhouse-password=hunter2"}), "hunter2"));
}

TEST_CASE("command line: a URL that is no flag's value is not repeated", "[command_line]") {
  const CleanEnvironment environment;
  CHECK_FALSE(contains(refused({"amqp://user:hunter2@host/"}), "hunter2"));
}

TEST_CASE("command line: commands", "[command_line]") {
  const CleanEnvironment environment;
  CHECK(accepted({}).command == Command::kRun);
  CHECK(accepted({"--print-config"}).command == Command::kPrintConfig);
  for (const Program program : {Program::kSupervisor, Program::kWorker}) {
    CHECK(accepted({"check"}, program).command == Command::kCheck);
    CHECK(accepted({"dead-letters", "list"}, program).command == Command::kListDeadLetters);
    CHECK(accepted({"dead-letters", "replay"}, program).command == Command::kReplayDeadLetters);
    CHECK(accepted({"dead-letters", "drop"}, program).command == Command::kDropDeadLetters);
  }
}

TEST_CASE("command line: options stand before a command or behind it", "[command_line]") {
  const CleanEnvironment environment;
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--rabbitmq-queue", "orders", "dead-letters", "list"},
           {"dead-letters", "--rabbitmq-queue=orders", "list"},
           {"dead-letters", "list", "--rabbitmq-queue", "orders"}})
    CHECK(accepted(arguments).resolved.options.dead_letter_queue == "orders.dead");
  CHECK(accepted({"check", "--dead-letter-queue="}).resolved.options.dead_letter_queue == "");
}

TEST_CASE("command line: what dead-letters takes", "[command_line]") {
  const CleanEnvironment environment;
  const auto all = accepted({"dead-letters", "drop"}).dead_letters;
  CHECK(all.reason == "");
  CHECK(all.limit == 0);
  CHECK_FALSE(all.json);
  const auto some =
      accepted({"dead-letters", "replay", "--reason", "not_json", "--limit=7"}).dead_letters;
  CHECK(some.reason == "not_json");
  CHECK(some.limit == 7);
  CHECK(accepted({"dead-letters", "list", "--json"}).dead_letters.json);
  const auto counted = accepted({"dead-letters", "list", "--summary", "--reason", "bad_value"});
  CHECK(counted.dead_letters.summary);
  CHECK(counted.dead_letters.reason == "bad_value");
  CHECK(contains(refused({"dead-letters", "drop", "--summary"}), "--summary"));

  CHECK(refused({"dead-letters", "list", "--limit", "0"}) ==
        "event-consumer: --limit: '0': expected a whole number from 1 to 1000000000\n");
  CHECK(contains(refused({"dead-letters", "drop", "--limit", ""}), "--limit"));
  CHECK(contains(refused({"dead-letters", "drop", "--reason", ""}), "--reason: must not be empty"));
  CHECK(contains(refused({"dead-letters", "drop", "--json"}), "--json"));
  CHECK(contains(refused({"--limit", "3"}), "--limit"));
}

TEST_CASE("command line: unknown and half commands are refused", "[command_line]") {
  const CleanEnvironment environment;
  CHECK(contains(refused({"chekc"}), "unknown argument chekc"));
  CHECK(contains(refused({"check", "twice"}), "unknown argument twice"));
  CHECK(contains(refused({"check", "--wrokers=4"}),
                 "unknown argument --wrokers: did you mean --workers?\n"));
  CHECK(contains(refused({"dead-letters", "lsit"}), "ubcommand"));
  CHECK(contains(refused({"dead-letters"}), "ubcommand"));
  CHECK(contains(refused({"--print-config", "check"}), "--print-config"));
  refused({"--print-config"}, Program::kWorker);
  CHECK(
      contains(refused({"check", "--rabbitmq-url", "amqp://user:hunter2@host/"}), "RABBITMQ_URL"));
}

TEST_CASE("command line: every command has its help", "[command_line]") {
  const CleanEnvironment environment;
  for (const auto& [arguments, part] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--help"}, "dead-letters"},
           {{"check", "--help"}, "changes nothing"},
           {{"dead-letters", "--help"}, "replay"},
           {{"dead-letters", "list", "--help"}, "--json"},
           {{"dead-letters", "replay", "--help"}, "--reason"},
           {{"dead-letters", "drop", "--help"}, "without asking"}}) {
    const Outcome outcome = run_reading(arguments);
    CHECK_FALSE(outcome.command_line.has_value());
    CHECK(outcome.exit_code == ExitCode::kOk);
    CHECK(contains(outcome.out, part));
  }
}

TEST_CASE("command line: where the file's name comes from", "[command_line]") {
  const TemporaryFile file("EVENT_CONSUMER_WORKERS=5\n");
  {
    const CleanEnvironment environment;
    CHECK(accepted({}).config_origin == Origin::kDefault);
    CHECK(accepted({"--config", file.path()}).config_origin == Origin::kFlag);
  }
  const CleanEnvironment environment(Settings{{"EVENT_CONSUMER_CONFIG", file.path()}});
  CHECK(accepted({}).config_origin == Origin::kEnvironment);
}

}  // namespace
}  // namespace event_consumer
