// Several configuration files, and those of the service, which its commands find by themselves.
#include "common/config_files.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/text.h"
#include "tests/common/clean_environment.h"
#include "tests/common/read_arguments.h"

namespace event_consumer {
namespace {

using testing::CleanEnvironment;
using testing::Outcome;

// A directory that stands for / and is gone with its object.
class Root {
 public:
  Root() {
    std::filesystem::create_directories("build");
    path_ = "build/root-XXXXXX";
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~Root() { std::filesystem::remove_all(path_); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& content) const {
    const std::string path = path_ + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << content;
    return path;
  }

 private:
  std::string path_;
};

constexpr const char* kShipped = "/etc/default/event-consumer";

CommandLine accepted_below(const Root& root, const std::vector<std::string>& arguments,
                           Program program = Program::kSupervisor) {
  Outcome outcome = testing::run_reading(arguments, program, root.path());
  INFO(outcome.err);
  REQUIRE(outcome.command_line.has_value());
  return *outcome.command_line;
}

std::string refused_below(const Root& root, const std::vector<std::string>& arguments) {
  const Outcome outcome = testing::run_reading(arguments, Program::kSupervisor, root.path());
  CHECK(outcome.exit_code == ExitCode::kUsage);
  return outcome.err;
}

std::string queue_of(const CommandLine& command_line) {
  return command_line.resolved.options.rabbitmq_queue;
}

TEST_CASE("configuration files: a later one wins, and a directory is its *.conf in order",
          "[config_files]") {
  const Root root;
  const auto first = root.write("/first", "RABBITMQ_QUEUE=a\nCLICKHOUSE_TABLE=a\n");
  const auto ten = root.write("/d/10.conf", "RABBITMQ_QUEUE=b\nCLICKHOUSE_DATABASE=b\n");
  const auto twenty = root.write("/d/20.conf", "RABBITMQ_QUEUE=c\n");
  root.write("/d/30.conf.dpkg-old", "no configuration");
  // Emacs locks a file that is being edited with such a link, to nowhere.
  std::filesystem::create_symlink("user@host.1:2", root.path() + "/d/.#20.conf");
  root.write("/d/passwords/rabbitmq", "secret");
  auto files = read_config_files({first, root.path() + "/d"});
  REQUIRE(files.ok());
  CHECK(files->read == std::vector<std::string>{first, ten, twenty});
  CHECK(files->settings.at("RABBITMQ_QUEUE") == "c");
  CHECK(files->places.at("RABBITMQ_QUEUE") == twenty);
  CHECK(files->places.at("CLICKHOUSE_DATABASE") == ten);
  CHECK(files->settings.at("CLICKHOUSE_TABLE") == "a");
}

TEST_CASE("configuration files: an option's other name in a later file wins, too",
          "[config_files]") {
  const Root root;
  const auto first = root.write("/1.conf", "EVENT_CONSUMER_LOG_LEVEL=debug\n");
  const auto second = root.write("/2.conf", "LOG_LEVEL=error\n");
  auto files = read_config_files({first, second});
  REQUIRE(files.ok());
  CHECK(files->settings == Settings{{"LOG_LEVEL", "error"}});
}

TEST_CASE("configuration files: --config may be given several times", "[config_files]") {
  const CleanEnvironment environment;
  const Root root;
  const auto first = root.write("/first", "RABBITMQ_QUEUE=a\n");
  const auto second = root.write("/second", "RABBITMQ_QUEUE=b\n");
  CHECK(queue_of(accepted_below(root, {"--config", first, "--config", second})) == "b");
  CHECK(queue_of(accepted_below(root, {"--config=" + second, "check", "--config", first})) == "a");
}

TEST_CASE("configuration files: commands read those of the service when none is named",
          "[config_files]") {
  const CleanEnvironment environment;
  const Root root;
  const auto shipped = root.write(kShipped, "RABBITMQ_QUEUE=shipped\n");
  CHECK(queue_of(accepted_below(root, {"check"})) == "shipped");
  const auto own = root.write("/etc/event-consumer/local.conf", "RABBITMQ_QUEUE=own\n");
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"check"}, {"status"}, {"dead-letters", "list"}, {"--print-config"}}) {
    const CommandLine command_line = accepted_below(root, arguments);
    CHECK(queue_of(command_line) == "own");
    CHECK(command_line.resolved.files == std::vector<std::string>{shipped, own});
  }
  // Whoever consumes says from what; the worker's program gets its options from ours.
  CHECK(queue_of(accepted_below(root, {})) == "click_events");
  CHECK(queue_of(accepted_below(root, {"check"}, Program::kWorker)) == "click_events");
  CHECK(queue_of(accepted_below(root, {"check", "--config="})) == "click_events");
  CHECK(queue_of(accepted_below(root, {"check", "--rabbitmq-queue=flag"})) == "flag");
  const CleanEnvironment given(Settings{{"RABBITMQ_QUEUE", "environment"}});
  CHECK(queue_of(accepted_below(root, {"check"})) == "environment");
  const CleanEnvironment none(Settings{{"EVENT_CONSUMER_CONFIG", ""}});
  CHECK(accepted_below(root, {"check"}).resolved.files.empty());
}

TEST_CASE("configuration files: a wrong text is said with the file that holds it",
          "[config_files]") {
  const CleanEnvironment environment;
  const Root root;
  root.write(kShipped, "EVENT_CONSUMER_WORKERS=2\n");
  const auto own = root.write("/etc/event-consumer/local.conf", "EVENT_CONSUMER_WORKERS=many\n");
  CHECK(contains(refused_below(root, {"check"}), "EVENT_CONSUMER_WORKERS in " + own + ": 'many'"));
}

TEST_CASE("configuration files: one that this user may not read stops all but the status",
          "[config_files]") {
  if (geteuid() == 0) return;  // who may read everything
  const CleanEnvironment environment;
  const Root root;
  std::filesystem::permissions(root.write(kShipped, ""), std::filesystem::perms::none);
  CHECK(contains(refused_below(root, {"dead-letters", "drop"}), "run the command as root"));
  CHECK(contains(accepted_below(root, {"status"}).resolved.notes.at(0), "cannot read"));
}

TEST_CASE("configuration files: nor does one in the directory that all may list stop the status",
          "[config_files]") {
  if (geteuid() == 0) return;  // who may read everything
  const CleanEnvironment environment;
  const Root root;
  root.write("/etc/event-consumer/a.conf", "RABBITMQ_QUEUE=own\n");
  std::filesystem::permissions(root.write("/etc/event-consumer/b.conf", ""),
                               std::filesystem::perms::none);
  CHECK(contains(refused_below(root, {"dead-letters", "drop"}), "run the command as root"));
  const CommandLine status = accepted_below(root, {"status"});
  CHECK(queue_of(status) == "own");
  CHECK(contains(status.resolved.notes.at(0), "b.conf: Permission denied"));
}

TEST_CASE("slip: a directory without *.conf", "[config_files]") {
  const CleanEnvironment environment;
  const Root root;
  root.write("/empty/queue.cnf", "RABBITMQ_QUEUE=a\n");
  const std::string empty = root.path() + "/empty";
  using Notes = std::vector<std::string>;
  CHECK(accepted_below(root, {"--config", empty}).resolved.notes ==
        Notes{"no *.conf in " + empty + ": no configuration file is read"});
  // As in a service whose administrator has set nothing yet, or edits the file of the package.
  const auto shipped = root.write(kShipped, "");
  CHECK(accepted_below(root, {"--config", shipped, "--config", empty}).resolved.notes.empty());
  CHECK(accepted_below(root, {"--config="}).resolved.notes.empty());
  CHECK(accepted_below(root, {"check"}).resolved.notes.empty());
}

TEST_CASE("configuration files: --instance names that of an instance", "[config_files]") {
  const CleanEnvironment environment;
  const Root root;
  root.write(kShipped, "RABBITMQ_QUEUE=shipped\n");
  root.write("/etc/default/event-consumer-orders", "RABBITMQ_QUEUE=orders\n");
  CHECK(queue_of(accepted_below(root, {"check", "--instance", "orders"})) == "orders");
  CHECK(queue_of(accepted_below(root, {"--instance=orders"})) == "orders");
  CHECK(contains(refused_below(root, {"check", "--instance", "odrers"}),
                 "event-consumer-odrers: No such file"));
  CHECK(contains(refused_below(root, {"check", "--instance", "../x"}), "expected a name"));
  CHECK(contains(refused_below(root, {"check", "--instance", "orders", "--config", "x"}),
                 "--instance goes with no --config"));
}

}  // namespace
}  // namespace event_consumer
