// Passwords from files: used at both ends, rotated without a restart of the service, shown nowhere.
#include <signal.h>

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/changed_users.h"
#include "tests/support/running_service.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kRabbitmqPassword[] = "rabbit-secret-1";
constexpr char kNewRabbitmqPassword[] = "rabbit-secret-2";
constexpr char kNewClickhousePassword[] = "clickhouse-secret-72";

// A user of the broker for as long as the test takes.
class BrokerUser {
 public:
  BrokerUser() {
    rabbitmq().ctl({"add_user", "app", kRabbitmqPassword});
    rabbitmq().ctl({"set_permissions", "app", ".*", ".*", ".*"});
  }
  ~BrokerUser() { rabbitmq().ctl({"delete_user", "app"}); }
};

// Looks for a secret where other users of the machine or readers of the log might.
void check_nowhere(const std::string& secret, const Service& service) {
  INFO(secret);
  CHECK(service.count_in_log(secret) == 0);
  std::vector<pid_t> pids = service.workers();
  pids.push_back(service.pid());
  for (const pid_t pid : pids)
    for (const char* file : {"/cmdline", "/environ"})
      CHECK(read_file("/proc/" + std::to_string(pid) + file).find(secret) == std::string::npos);
}

}  // namespace

TEST_CASE("password files: a worker that starts again uses what is there then") {
  TestTopology topology("password_files");
  topology.declare_topology();
  const BrokerUser user;
  const PrivateDirectory secrets("secrets");
  const std::string rabbitmq_file = secrets.path() + "/rabbitmq";
  const std::string clickhouse_file = secrets.path() + "/clickhouse";
  write_file(rabbitmq_file, std::string(kRabbitmqPassword) + '\n', 0600);
  write_file(clickhouse_file, kClickhousePassword, 0600);

  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = rabbitmq().url("/", "app", "overruled");
  environment["RABBITMQ_PASSWORD_FILE"] = rabbitmq_file;
  environment["CLICKHOUSE_USER"] = kClickhouseUser;
  environment["CLICKHOUSE_PASSWORD"] = "overruled";
  environment["CLICKHOUSE_PASSWORD_FILE"] = clickhouse_file;
  Service service(environment);
  REQUIRE(service.wait_consuming(2));
  publish_click_events(topology, 0, 1000, 51);
  CHECK(wait_until([&] { return topology.distinct_events() == 1000; }, seconds(20)));

  rabbitmq().ctl({"change_password", "app", kNewRabbitmqPassword});
  const ChangedUsers other(clickhouse(), kClickhousePassword, kNewClickhousePassword);
  write_file(rabbitmq_file, std::string(kNewRabbitmqPassword) + '\n', 0600);
  write_file(clickhouse_file, kNewClickhousePassword, 0600);
  for (const pid_t worker : service.workers()) kill(worker, SIGKILL);
  INFO(service.log());
  REQUIRE(service.wait_consuming(4));
  publish_click_events(topology, 1000, 2000, 51);
  CHECK(wait_until([&] { return topology.distinct_events() == 2000; }, seconds(20)));
  for (const char* secret :
       {kRabbitmqPassword, kNewRabbitmqPassword, kClickhousePassword, kNewClickhousePassword})
    check_nowhere(secret, service);
  CHECK(service.stop() == 0);
}

TEST_CASE("password files: both passwords are changed while events flow, at the servers first") {
  const BrokerUser user;
  const PrivateDirectory secrets("secrets");
  const std::string rabbitmq_file = secrets.path() + "/rabbitmq";
  const std::string clickhouse_file = secrets.path() + "/clickhouse";
  write_file(rabbitmq_file, kRabbitmqPassword, 0600);
  write_file(clickhouse_file, kClickhousePassword, 0600);
  RunningService running("rotated", {{"RABBITMQ_URL", rabbitmq().url("/", "app", "overruled")},
                                     {"RABBITMQ_PASSWORD_FILE", rabbitmq_file},
                                     {"CLICKHOUSE_USER", kClickhouseUser},
                                     {"CLICKHOUSE_PASSWORD_FILE", clickhouse_file}});

  const ChangedUsers other(clickhouse(), kClickhousePassword, kNewClickhousePassword);
  running.publish();
  CHECK(running.wait_for_log("→ correct CLICKHOUSE_USER (now writer) and CLICKHOUSE_PASSWORD"));
  write_file(clickhouse_file, kNewClickhousePassword, 0600);
  CHECK(running.all_arrive(seconds(20)));

  rabbitmq().ctl({"change_password", "app", kNewRabbitmqPassword});
  rabbitmq().ctl({"close_all_connections", "for the test"});
  CHECK(running.wait_for_log("→ correct user and password in RABBITMQ_URL", 2));
  running.publish();
  write_file(rabbitmq_file, kNewRabbitmqPassword, 0600);
  CHECK(running.moves_events());
  for (const char* secret :
       {kRabbitmqPassword, kNewRabbitmqPassword, kClickhousePassword, kNewClickhousePassword})
    check_nowhere(secret, running.service());
}

TEST_CASE("password files: one that is gone keeps no worker off RabbitMQ") {
  const BrokerUser user;
  const PrivateDirectory secrets("secrets");
  for (const std::string gone : {"clickhouse", "rabbitmq"}) {
    const std::string rabbitmq_file = secrets.path() + "/rabbitmq";
    const std::string clickhouse_file = secrets.path() + "/clickhouse";
    write_file(rabbitmq_file, kRabbitmqPassword, 0600);
    write_file(clickhouse_file, kClickhousePassword, 0600);
    RunningService running("gone_" + gone,
                           {{"RABBITMQ_URL", rabbitmq().url("/", "app", "overruled")},
                            {"RABBITMQ_PASSWORD_FILE", rabbitmq_file},
                            {"CLICKHOUSE_USER", kClickhouseUser},
                            {"CLICKHOUSE_PASSWORD_FILE", clickhouse_file}});
    std::filesystem::remove(secrets.path() + "/" + gone);
    rabbitmq().ctl({"close_all_connections", "for the test"});
    running.publish();
    INFO(running.service().log());
    CHECK(running.all_arrive(seconds(20)));
    CHECK(running.service().count_in_log("the password that it held before is tried on") ==
          (gone == "rabbitmq" ? 2 : 0));
  }
}

TEST_CASE("password files: one that cannot be used ends the start with 64 and is named") {
  const PrivateDirectory secrets("secrets");
  const std::string missing = secrets.path() + "/missing", empty = secrets.path() + "/empty";
  write_file(empty, "\n");
  for (const char* flag : {"--rabbitmq-password-file=", "--clickhouse-password-file="}) {
    for (const std::string& file : {missing, empty}) {
      Service service(base_environment(), {flag + file});
      CHECK(service.wait_exit_status(seconds(5)) == 64);
      CHECK(service.count_in_log("password file " + file) == 1);
    }
  }
}

}  // namespace event_consumer::testing
