// What the operators of a cluster take away and give back, with load going on.
#include "tests/cluster/fault_run.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

void ctl(const std::vector<std::string>& arguments) { cluster().node(0).ctl(arguments); }

// Who was let in before is asked again.
void close_connections() { ctl({"close_all_connections", "--global", "for the test"}); }

// A virtual host and a user of its own for as long as the test takes.
class OwnVhost {
 public:
  OwnVhost() {
    cluster().ensure_whole();
    make();
    ctl({"add_user", "app", "app-secret"});
    allow();
  }
  ~OwnVhost() {
    clean_up([] {
      ctl({"delete_vhost", kName});
      ctl({"delete_user", "app"});
    });
  }

  void make() {
    ctl({"add_vhost", kName});
    ctl({"set_permissions", "-p", kName, "guest", ".*", ".*", ".*"});
  }
  void allow() { ctl({"set_permissions", "-p", kName, "app", ".*", ".*", ".*"}); }

  static FaultOptions options() {
    FaultOptions options;
    options.vhost = kName;
    options.user = "app";
    options.password = "app-secret";
    return options;
  }

  static constexpr char kName[] = "events";
};

}  // namespace

TEST_CASE("cluster: a node is short of memory") {
  const QueueKind kind = GENERATE(QueueKind::kClassic, QueueKind::kQuorum);
  FaultRun run("memory alarm on one node", kind);
  cluster().node(1).ctl({"set_vm_memory_high_watermark", "absolute", "1"});
  CHECK(run.load_stalls());
  CHECK(run.drains());
  cluster().node(1).ctl({"set_vm_memory_high_watermark", "0.4"});
  CHECK(run.recovers());
  run.finish();
}

TEST_CASE("cluster: a node is short of disk") {
  const QueueKind kind = GENERATE(QueueKind::kClassic, QueueKind::kQuorum);
  FaultRun run("disk alarm on one node", kind);
  cluster().node(1).ctl({"set_disk_free_limit", "900000GB"});
  CHECK(run.load_stalls());
  CHECK(run.drains());
  cluster().node(1).ctl({"set_disk_free_limit", "50MB"});
  CHECK(run.recovers());
  run.finish();
}

TEST_CASE("cluster: the virtual host allows too few connections") {
  OwnVhost vhost;
  FaultRun run("limit on connections, raised again", QueueKind::kQuorum, OwnVhost::options());
  ctl({"set_vhost_limits", "-p", OwnVhost::kName, R"({"max-connections":2})"});
  close_connections();
  CHECK(run.wait_for_log("connection limit", 2));
  ctl({"clear_vhost_limits", "-p", OwnVhost::kName});
  CHECK(run.recovers());
  run.finish();
}

TEST_CASE("cluster: the user is allowed too few channels") {
  OwnVhost vhost;
  FaultRun run("limit on channels, raised again", QueueKind::kQuorum, OwnVhost::options());
  ctl({"set_user_limits", "app", R"({"max-channels":2})"});
  close_connections();
  CHECK(run.wait_for_log("limit", 2));
  ctl({"clear_user_limits", "app", "all"});
  CHECK(run.recovers());
  run.finish();
}

// With all that is in it; so it is empty.
TEST_CASE("cluster: the virtual host is deleted, and made again") {
  OwnVhost vhost;
  FaultRun run("virtual host deleted and made again", QueueKind::kQuorum, OwnVhost::options());
  run.load().pause();
  CHECK(wait_until([&] { return run.load().is_idle(); }, seconds(20)));
  CHECK(run.drains());
  ctl({"delete_vhost", OwnVhost::kName});
  CHECK(run.wait_for_log("vhost", 2));
  vhost.make();
  vhost.allow();
  run.load().resume();
  CHECK(run.recovers());
  run.finish();
}

TEST_CASE("cluster: the user's rights are taken, and given back") {
  OwnVhost vhost;
  FaultRun run("rights taken and given back", QueueKind::kQuorum, OwnVhost::options());
  ctl({"clear_permissions", "-p", OwnVhost::kName, "app"});
  close_connections();
  CHECK(run.wait_for_log("refused", 2));
  vhost.allow();
  CHECK(run.recovers());
  run.finish();
}

// A file is read again for each new connection.
TEST_CASE("cluster: the password is changed at both ends") {
  OwnVhost vhost;
  const PrivateDirectory secrets("secrets");
  const std::string file = secrets.path() + "/rabbitmq";
  write_file(file, "app-secret", 0600);
  FaultOptions options = OwnVhost::options();
  options.environment["RABBITMQ_PASSWORD_FILE"] = file;
  FaultRun run("password changed at both ends", QueueKind::kQuorum, options);
  ctl({"change_password", "app", "another-secret"});
  close_connections();
  CHECK(run.wait_for_log("Login was refused", 2));
  write_file(file, "another-secret", 0600);
  CHECK(run.recovers());
  run.finish();
}

}  // namespace event_consumer::testing
