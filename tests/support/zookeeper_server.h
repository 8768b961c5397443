// ZookeeperServer: a ZooKeeper of the test's own, on a free port of 127.0.0.1, with its data in a
// private directory: what the replicas of a table in ClickHouse need to know of each other.
#pragma once

#include <memory>
#include <string>

#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

class ZookeeperServer {
 public:
  // Starts the server. It serves some seconds later, which a ClickHouse can be asked for.
  ZookeeperServer();

  int port() const { return port_; }
  std::string log_file() const { return directory_.path() + "/zookeeper.log"; }

  // Starts the server again, on the same port and data; like the constructor.
  void start();
  // SIGKILL; when it returns the server is gone.
  void kill();

 private:
  PrivateDirectory directory_{"zookeeper"};
  int port_;
  std::unique_ptr<ChildProcess> server_;
};

}  // namespace event_consumer::testing
