// ClickhouseServer: a ClickHouse of the test's own, on free ports of 127.0.0.1, with its data in a
// private directory. It is the installed server with a configuration that touches nothing else.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/clickhouse_endpoint.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

struct ClickhouseUser {
  std::string name;
  std::string password;
  bool read_only = false;
};

struct ClickhouseOptions {
  // Where data, configuration and logs go; it must exist. Empty: a PrivateDirectory of its own.
  std::string directory;
  // Beside the user `default`, which has no password and may do everything.
  std::vector<ClickhouseUser> users;
  // Settings of every user's profile (max_memory_usage, …) and of MergeTree tables
  // (parts_to_throw_insert, …).
  std::map<std::string, std::string> settings;
  std::map<std::string, std::string> merge_tree_settings;
  std::string time_zone = "UTC";
  // The tcp_port() of each server that is a shard of the cluster `shards`; empty: there is none.
  std::vector<int> shards;
  // The port() of the ZookeeperServer through which the replicas of a table know each other; 0: no
  // table has any. `{replica}` in a CREATE is then this server's port for HTTP.
  int zookeeper_port = 0;
  // With a size («64m») the data lie on a disk of that size: a tmpfs that only the server sees,
  // empty at each start. Only where own_disks_are_possible().
  std::string disk_size;
  // With one the server also speaks HTTPS, on https_port().
  std::optional<Certificate> certificate;
  // Who connects with TLS must show a certificate signed by a CA in this file. Empty: nobody is
  // asked for one.
  std::string client_ca_file;
  // False: the server outlives this program when it is killed, see Command::dies_with_parent.
  bool dies_with_parent = true;
};

class ClickhouseServer : public ClickhouseEndpoint {
 public:
  // Starts the server. Returns when it answers, about 2 s later; throws std::runtime_error with the
  // end of the log when that takes longer than 30 s.
  explicit ClickhouseServer(const ClickhouseOptions& options = {});
  // Kills the server at once.
  ~ClickhouseServer();

  int https_port() const { return https_port_; }
  int tcp_port() const { return tcp_port_; }
  const std::string& directory() const { return directory_; }
  std::string log_file() const { return directory_ + "/server.log"; }

  // Starts the server again, on the same ports and data; like the constructor.
  void start();
  // Stops the server in order (SIGTERM); throws std::runtime_error when that takes more than 60 s.
  void stop();
  // SIGKILL; when it returns the server is gone.
  void kill();
  // SIGSTOP: connections stay open and nothing is answered any more, until resume().
  void pause();
  void resume();
  // The wait status of the server, once it has ended by whatever cause; start() then begins anew.
  std::optional<int> end_status() const { return server_->wait_exit(Duration::zero()); }

  pid_t pid() const { return server_->pid(); }
  // The server's data as it sees them itself.
  std::string data_directory() const;

  // Leaves the server running, and the directory too, when this object goes.
  void leave_running();

 private:
  std::optional<PrivateDirectory> own_directory_;
  std::string directory_;
  bool dies_with_parent_;
  std::string disk_size_;
  int https_port_;
  int tcp_port_;
  std::unique_ptr<ChildProcess> server_;
};

// Whether this user may mount a file system for a process.
bool own_disks_are_possible();

}  // namespace event_consumer::testing
