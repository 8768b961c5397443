#include "tests/support/zookeeper_server.h"

#include <csignal>
#include <string>

#include "tests/support/free_port.h"

namespace event_consumer::testing {

namespace {

// Debian's libzookeeper-java names none of what it needs in its manifest.
std::string class_path() {
  std::string path;
  for (const char* const name :
       {"zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-simple", "log4j-1.2", "commons-cli",
        "metrics-core", "netty-all", "snappy-java"})
    path += std::string(path.empty() ? "" : ":") + "/usr/share/java/" + name + ".jar";
  return path;
}

}  // namespace

ZookeeperServer::ZookeeperServer() : port_(free_port()) {
  const std::string& directory = directory_.path();
  make_directories(directory + "/data");
  write_file(directory + "/zoo.cfg", "tickTime=500\ndataDir=" + directory +
                                         "/data\nclientPortAddress=127.0.0.1\nclientPort=" +
                                         std::to_string(port_) + "\nadmin.enableServer=false\n");
  start();
}

void ZookeeperServer::start() {
  const std::string& directory = directory_.path();
  Command command;
  command.argv = {"java",
                  "-Xmx256m",
                  "-XX:-UsePerfData",  // which would lie in /tmp
                  "-Djava.io.tmpdir=" + directory,
                  "-cp",
                  class_path(),
                  "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                  directory + "/zoo.cfg"};
  command.working_directory = directory;
  command.output_file = log_file();
  server_ = std::make_unique<ChildProcess>(command);
}

void ZookeeperServer::kill() {
  server_->send(SIGKILL);
  server_->wait_exit(std::chrono::seconds(10));
}

}  // namespace event_consumer::testing
