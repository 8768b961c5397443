// RabbitmqServer: a RabbitMQ of the test's own, on free ports of 127.0.0.1, with its data in a
// private directory and an epmd beside it. It is the installed broker, or the one in RABBITMQ_ROOT
// (see tests/rabbitmq4.sh), with no plugins but what the options need; what a test wants of its
// queues it asks over AMQP or with ctl(). RabbitmqCluster makes nodes of a cluster of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

class RabbitmqServer;

// A node of a cluster has an address of its own, which also its connections to other nodes come
// from: so they can be told apart, and cut.
struct ClusterNode {
  std::string address;  // 127.0.0.x
  // The addresses of all nodes.
  std::vector<std::string> addresses;
  // The running node that this one joins, through whose epmd they find each other; it must live
  // longer. Null: this is the first one.
  const RabbitmqServer* first = nullptr;
};

struct RabbitmqOptions {
  // Where data, configuration and logs go; it must exist. Empty: a PrivateDirectory of its own.
  std::string directory;
  // Further lines for rabbitmq.conf.
  std::string configuration;
  // With one the broker also speaks TLS, on tls_port().
  std::optional<Certificate> certificate;
  // Who connects with TLS must show a certificate signed by a CA in this file, and may log in with
  // it as the user of its common name (EXTERNAL). Empty: nobody is asked for one.
  std::string client_ca_file;
  // Whether it is the installed broker also where RABBITMQ_ROOT has another one.
  bool is_installed = false;
  // Without one it stands alone, on 127.0.0.1.
  std::optional<ClusterNode> node;
  // False: the servers outlive this program when it is killed, see Command::dies_with_parent.
  bool dies_with_parent = true;
};

struct QueueCounts {
  std::uint64_t ready;
  std::uint64_t unacknowledged;
};

class RabbitmqServer {
 public:
  // Starts epmd and the broker. Returns when an AMQP login works, about 9 s later; throws
  // std::runtime_error with the end of the log when that takes longer than 120 s. A node that joins
  // another is not waited for.
  explicit RabbitmqServer(const RabbitmqOptions& options = {});
  // Kills both at once.
  ~RabbitmqServer();

  int port() const { return port_; }
  int tls_port() const { return tls_port_; }
  const std::string& directory() const { return directory_; }
  std::string log_file() const { return directory_ + "/log/rabbit.log"; }

  // From now on shows this certificate to those who connect with TLS.
  void use_certificate(const Certificate& certificate) const;

  // The AMQP URL of this server. Reserved characters in the arguments are escaped.
  std::string url(const std::string& vhost = "/", const std::string& user = "guest",
                  const std::string& password = "guest") const;

  const std::string& address() const { return address_; }
  // Its name in the cluster, «events-5672@localhost».
  const std::string& node_name() const { return node_name_; }

  // Starts the broker again, on the same ports and data; like the constructor.
  void start();
  // The two halves of it, for nodes that wait for each other.
  void launch();
  void wait_ready();
  // Stops the broker in order (SIGTERM); throws std::runtime_error when that takes more than 60 s.
  void stop();
  // SIGKILL; when it returns the broker is gone.
  void kill();
  // SIGSTOP: connections stay open and nothing is answered any more, until resume().
  void pause();
  void resume();
  // The wait status of the broker, once it has ended by whatever cause; start() then begins anew.
  std::optional<int> end_status() const { return broker_->wait_exit(Duration::zero()); }

  // Runs rabbitmqctl (1 to 3 s) and returns its output; throws std::runtime_error with its words
  // when it fails. Output is not formatted as a table: give `-q` or `-s` to leave out its own
  // remarks.
  std::string ctl(const std::vector<std::string>& arguments) const;
  // What this Erlang expression is on this node, in one line; throws likewise. It takes a hundredth
  // of the time of ctl(), so it may be asked again and again.
  std::string eval(const std::string& expression) const;
  // The expression for a queue, which fails when there is none.
  static std::string expression_of(const std::string& queue, const std::string& vhost = "/");
  // «3.10.8», see versions.h.
  std::string version() const;

  // Messages ready and delivered but unacknowledged. Throws std::runtime_error for a queue that
  // does not exist.
  QueueCounts queue_counts(const std::string& queue, const std::string& vhost = "/") const;

  // The names («127.0.0.1:40000 -> 127.0.0.1:20000») of the open AMQP connections, in order. A
  // connection appears here a moment after its login.
  std::string connections() const;

  // A script that is rabbitmqctl for this server.
  std::string ctl_script() const { return directory_ + "/rabbitmqctl"; }

  // The pids of the broker and of epmd, in the order in which they should be stopped. Not of a node
  // that has joined another.
  std::vector<pid_t> pids() const;

  // Leaves both running, and the directory too, when this object goes.
  void leave_running();

 private:
  std::vector<std::string> program(const std::string& name) const;
  Environment environment() const;
  void write_configuration(const RabbitmqOptions& options) const;
  void write_certificate(const Certificate& certificate) const;
  void write_hosts(const ClusterNode& node) const;
  void start_epmd(const std::vector<std::string>& addresses);
  bool accepts_logins() const;

  std::optional<PrivateDirectory> own_directory_;
  std::string directory_;
  std::string root_;  // of the Debian that has the broker; empty: it is the installed one
  bool dies_with_parent_;
  int port_;
  int tls_port_;
  int distribution_port_;
  int epmd_port_;
  std::string address_ = "127.0.0.1";
  std::string node_name_;
  bool in_cluster_ = false;
  std::unique_ptr<ChildProcess> epmd_;  // null: it is that of the node that was joined
  std::unique_ptr<ChildProcess> broker_;
};

}  // namespace event_consumer::testing
