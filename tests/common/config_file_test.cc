#include "common/config_file.h"

#include <unistd.h>

#include "common/unique_fd.h"
#include "tests/common/temporary_file.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::TemporaryFile;

Settings settings_in(const std::string& content) {
  const TemporaryFile file(content);
  auto settings = read_config_file(file.path());
  if (!settings) FAIL(settings.error().message);
  return *settings;
}

std::string value_of(const std::string& line) {
  return settings_in(line + "\n").at("CLICKHOUSE_PASSWORD");
}

// The refusal without the file's name.
std::string refused(const std::string& content) {
  const TemporaryFile file(content);
  const auto settings = read_config_file(file.path());
  REQUIRE_FALSE(settings.ok());
  CHECK(settings.error().kind == ErrorKind::kUsage);
  const std::string& message = settings.error().message;
  REQUIRE(message.substr(0, file.path().size()) == file.path());
  return message.substr(file.path().size());
}

TEST_CASE("configuration file: lines NAME=value", "[config_file]") {
  CHECK(settings_in("CLICKHOUSE_HOST=db\nEVENT_CONSUMER_WORKERS=4\n") ==
        Settings{{"CLICKHOUSE_HOST", "db"}, {"EVENT_CONSUMER_WORKERS", "4"}});
}

TEST_CASE("configuration file: the last line need not end", "[config_file]") {
  CHECK(settings_in("CLICKHOUSE_HOST=db") == Settings{{"CLICKHOUSE_HOST", "db"}});
}

TEST_CASE("configuration file: an empty one sets nothing", "[config_file]") {
  CHECK(settings_in("").empty());
  CHECK(settings_in("\n \n\t\n").empty());
}

TEST_CASE("configuration file: comments are skipped", "[config_file]") {
  CHECK(settings_in("# CLICKHOUSE_HOST=a\n; CLICKHOUSE_HOST=b\n  # and this\n").empty());
}

TEST_CASE("configuration file: a # inside a value is part of it", "[config_file]") {
  CHECK(value_of("CLICKHOUSE_PASSWORD=a # b") == "a # b");
  CHECK(value_of("CLICKHOUSE_PASSWORD=#") == "#");
}

TEST_CASE("configuration file: lines from another system", "[config_file]") {
  CHECK(settings_in("CLICKHOUSE_HOST=db\r\n# x\r\n\r\nCLICKHOUSE_USER=\"u\"\r\n") ==
        Settings{{"CLICKHOUSE_HOST", "db"}, {"CLICKHOUSE_USER", "u"}});
}

TEST_CASE("configuration file: a byte order mark at its start is passed over", "[config_file]") {
  CHECK(settings_in("\xEF\xBB\xBF"
                    "CLICKHOUSE_HOST=db\n") == Settings{{"CLICKHOUSE_HOST", "db"}});
  CHECK(refused("CLICKHOUSE_HOST=db\n\xEF\xBB\xBF"
                "CLICKHOUSE_USER=u\n") == ", line 2: expected NAME=value");
}

TEST_CASE("configuration file: blanks around name and value", "[config_file]") {
  CHECK(settings_in(" CLICKHOUSE_HOST = db \t\n") == Settings{{"CLICKHOUSE_HOST", "db"}});
}

TEST_CASE("configuration file: one pair of quotes is taken off", "[config_file]") {
  CHECK(value_of("CLICKHOUSE_PASSWORD=\" a b \"") == " a b ");
  CHECK(value_of("CLICKHOUSE_PASSWORD='a'") == "a");
  CHECK(value_of("CLICKHOUSE_PASSWORD=\"'a'\"") == "'a'");
  CHECK(value_of("CLICKHOUSE_PASSWORD=\"\"") == "");
  CHECK(value_of("CLICKHOUSE_PASSWORD=") == "");
}

TEST_CASE("configuration file: a quote without its partner stays", "[config_file]") {
  for (const char* value : {"\"", "\"a", "a\"", "'a\"", "a\"b\"c", "it's"})
    CHECK(value_of("CLICKHOUSE_PASSWORD=" + std::string(value)) == value);
}

TEST_CASE("configuration file: nothing is expanded", "[config_file]") {
  CHECK(value_of("CLICKHOUSE_PASSWORD=$HOME\\n`x`%41") == "$HOME\\n`x`%41");
  CHECK(value_of("CLICKHOUSE_PASSWORD=\"$HOME\\n\"") == "$HOME\\n");
}

TEST_CASE("configuration file: the first = ends the name", "[config_file]") {
  CHECK(value_of("CLICKHOUSE_PASSWORD=a=b==") == "a=b==");
  CHECK(settings_in("RABBITMQ_URL=amqp://u:p@h/?heartbeat=30\n").at("RABBITMQ_URL") ==
        "amqp://u:p@h/?heartbeat=30");
}

TEST_CASE("configuration file: of a doubled name the last counts", "[config_file]") {
  CHECK(settings_in("CLICKHOUSE_HOST=a\nCLICKHOUSE_HOST=b\n").at("CLICKHOUSE_HOST") == "b");
}

TEST_CASE("configuration file: every option's variable may stand in it", "[config_file]") {
  std::string content;
  for (const OptionRow& row : option_table()) content += std::string(row.variable) + "=x\n";
  CHECK(settings_in(content).size() == option_table().size());
}

TEST_CASE("configuration file: an unknown name is refused with its line", "[config_file]") {
  CHECK(refused("# one\n\nCLICKHOUSE_HOTS=db\n") ==
        ", line 3: 'CLICKHOUSE_HOTS' is not the variable of any option: did you mean "
        "CLICKHOUSE_HOST?");
  CHECK(refused("OTHERS_HOST=db\n") == ", line 1: 'OTHERS_HOST' is not the variable of any option");
  CHECK(refused("clickhouse_host=db\n").find("line 1") != std::string::npos);
  CHECK(refused("=db\n").find("line 1") != std::string::npos);
  refused("EVENT_CONSUMER_CONFIG=other\n");
  refused("export CLICKHOUSE_HOST=db\n");
}

TEST_CASE("configuration file: a line without = is refused and not quoted", "[config_file]") {
  CHECK(refused("CLICKHOUSE_HOST=db\nhunter2\n") == ", line 2: expected NAME=value");
}

TEST_CASE("configuration file: a URL whose name was forgotten is not quoted", "[config_file]") {
  CHECK(refused("amqp://user:hunter2@host/?heartbeat=30\n").find("hunter2") == std::string::npos);
}

TEST_CASE("configuration file: a NUL is refused, behind which a worker would read nothing",
          "[config_file]") {
  CHECK(refused(std::string("CLICKHOUSE_TABLE=a\0b\n", 21)) ==
        ", line 1: the value of CLICKHOUSE_TABLE holds a NUL");
}

TEST_CASE("configuration file: one that is not there is refused with its name and the reason",
          "[config_file]") {
  const auto settings = read_config_file("build/no/such/file");
  REQUIRE_FALSE(settings.ok());
  CHECK(settings.error().kind == ErrorKind::kUsage);
  CHECK(settings.error().message ==
        "cannot read configuration file build/no/such/file: No such file or directory");
}

TEST_CASE("configuration file: a directory is refused", "[config_file]") {
  const auto settings = read_config_file("/");
  REQUIRE_FALSE(settings.ok());
  CHECK(settings.error().kind == ErrorKind::kUsage);
  CHECK(settings.error().message.find("cannot read configuration file /") == 0);
}

// As a shell hands on what a command prints: --config <(command).
TEST_CASE("configuration file: a pipe with nothing in it, or read before, is refused",
          "[config_file]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const std::string path = "/proc/self/fd/" + std::to_string(reading.get());
  REQUIRE(write(writing.get(), "RABBITMQ_QUEUE=q\n", 17) == 17);
  writing.reset();

  const auto settings = read_config_file(path);
  REQUIRE(settings.ok());
  CHECK(settings.value() == Settings{{"RABBITMQ_QUEUE", "q"}});

  const auto again = read_config_file(path);
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().kind == ErrorKind::kUsage);
  CHECK(again.error().message == "cannot read configuration file " + path +
                                     ": nothing is in this pipe, which can be read only once");
}

}  // namespace
}  // namespace event_consumer
