#include "tests/support/rabbitmq_server.h"

#include <sys/stat.h>

#include <algorithm>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/amqp_client.h"
#include "tests/support/free_port.h"
#include "tests/support/shell.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

namespace {

using std::chrono::seconds;

// Erlang notices within this time and a quarter that another node is silent; its own default is 60.
constexpr int kTickSeconds = 4;

// See tests/rabbitmq4.sh.
std::string other_root() {
  const char* root = std::getenv("RABBITMQ_ROOT");
  return root == nullptr ? "" : root;
}

std::string percent_encode(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded += static_cast<char>(c);
    } else {
      encoded += {'%', kHex[c >> 4], kHex[c & 15]};
    }
  }
  return encoded;
}

// The name under which nodes of a cluster know the one of this address.
std::string host_of(const std::string& address) {
  return "node-" + address.substr(address.rfind('.') + 1);
}

// The lines with which a node joins another when it starts for the first time.
std::string joining_lines(const RabbitmqOptions& options) {
  if (!options.node || !options.node->first) return "";
  return "cluster_formation.peer_discovery_backend = classic_config\n"
         "cluster_formation.classic_config.nodes.1 = " +
         options.node->first->node_name() + '\n';
}

// «{127,0,0,1}»
std::string erlang_tuple(std::string address) {
  std::replace(address.begin(), address.end(), '.', ',');
  return '{' + address + '}';
}

}  // namespace

RabbitmqServer::RabbitmqServer(const RabbitmqOptions& options)
    : directory_(options.directory),
      root_(options.is_installed ? "" : other_root()),
      dies_with_parent_(options.dies_with_parent),
      port_(free_port()),
      tls_port_(free_port()),
      distribution_port_(free_port()),
      epmd_port_(options.node && options.node->first ? options.node->first->epmd_port_
                                                     : free_port()),
      node_name_("events-" + std::to_string(port_) + "@localhost") {
  if (directory_.empty()) {
    own_directory_.emplace("rabbitmq");
    directory_ = own_directory_->path();
  }
  if (options.node) {
    in_cluster_ = true;
    address_ = options.node->address;
    // Those of one epmd must differ before the host, too.
    node_name_ = "events-" + std::to_string(port_) + '@' + host_of(address_);
    write_hosts(*options.node);
  }
  write_configuration(options);
  if (options.node && options.node->first) {
    launch();
    return;
  }
  start_epmd(options.node ? options.node->addresses : std::vector<std::string>{address_});
  start();
}

RabbitmqServer::~RabbitmqServer() {
  // For the one who looks for the cause of a failure; it may have been meant.
  if (const auto status = end_status())
    append_line(directory_ + "/ended.log", "RabbitMQ: " + describe_status(*status));
}

// Not the wrapper in /usr/sbin: that one changes to the user rabbitmq and its directories.
std::vector<std::string> RabbitmqServer::program(const std::string& name) const {
  const std::string path = "/usr/lib/rabbitmq/bin/" + name;
  if (root_.empty()) return {path};
  return {"/usr/sbin/chroot", root_, path};
}

Environment RabbitmqServer::environment() const {
  const std::string loopback_only = "-kernel inet_dist_use_interface {127,0,0,1}";
  const std::string own_address = "-kernel inet_dist_use_interface " + erlang_tuple(address_) +
                                  " -kernel inet_dist_connect_options [{ip," +
                                  erlang_tuple(address_) + "}] -kernel net_ticktime " +
                                  std::to_string(kTickSeconds);
  Environment environment = base_environment();
  if (in_cluster_) environment["ERL_INETRC"] = directory_ + "/hosts";
  const Environment ours = {
      {"HOME", directory_},  // for the cookie
      {"RABBITMQ_NODENAME", node_name_},
      {"RABBITMQ_MNESIA_BASE", directory_ + "/data"},
      {"RABBITMQ_LOG_BASE", directory_ + "/log"},
      {"RABBITMQ_SCHEMA_DIR", directory_ + "/schema"},
      {"RABBITMQ_GENERATED_CONFIG_DIR", directory_ + "/generated"},
      {"RABBITMQ_CONFIG_FILE", directory_ + "/rabbitmq.conf"},
      {"RABBITMQ_ENABLED_PLUGINS_FILE", directory_ + "/enabled_plugins"},
      // Neither exists; the default ones in /etc/rabbitmq shall not be read.
      {"RABBITMQ_CONF_ENV_FILE", directory_ + "/no-environment"},
      {"RABBITMQ_ADVANCED_CONFIG_FILE", directory_ + "/no-advanced.config"},
      {"RABBITMQ_NODE_IP_ADDRESS", address_},
      {"RABBITMQ_NODE_PORT", std::to_string(port_)},
      {"RABBITMQ_DIST_PORT", std::to_string(distribution_port_)},
      {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", in_cluster_ ? own_address : loopback_only},
      {"RABBITMQ_CTL_ERL_ARGS", loopback_only},
      {"ERL_EPMD_ADDRESS", "127.0.0.1"},
      {"ERL_EPMD_PORT", std::to_string(epmd_port_)},
      {"ERL_CRASH_DUMP", directory_ + "/erl_crash.dump"},
      // Makes the start script become the Erlang VM instead of waiting for it.
      {"RUNNING_UNDER_SYSTEMD", "true"},
  };
  environment.insert(ours.begin(), ours.end());
  return environment;
}

void RabbitmqServer::write_certificate(const Certificate& certificate) const {
  write_file(directory_ + "/server.pem", read_file(certificate.certificate_file));
  write_file(directory_ + "/server.key", read_file(certificate.key_file));
}

void RabbitmqServer::use_certificate(const Certificate& certificate) const {
  write_certificate(certificate);
  eval("ssl:clear_pem_cache()");
}

void RabbitmqServer::write_configuration(const RabbitmqOptions& options) const {
  std::string tls_lines;
  if (options.certificate) {
    write_certificate(*options.certificate);
    tls_lines = "listeners.ssl.1 = 127.0.0.1:" + std::to_string(tls_port_) +
                "\nssl_options.certfile = " + directory_ + "/server.pem" +
                "\nssl_options.keyfile = " + directory_ + "/server.key" +
                (options.client_ca_file.empty()
                     ? "\nssl_options.verify = verify_none\n"
                     : "\nssl_options.cacertfile = " + options.client_ca_file +
                           "\nssl_options.verify = verify_peer"
                           "\nssl_options.fail_if_no_peer_cert = true"
                           "\nauth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = EXTERNAL"
                           "\nssl_cert_login_from = common_name\n");
  }
  write_file(directory_ + "/rabbitmq.conf",
             "disk_free_limit.absolute = 50MB\n"
             "max_message_size = 134217728\n"  // that of RabbitMQ 3, for all
             "log.console = false\n"
             "log.file = rabbit.log\n" +
                 joining_lines(options) + tls_lines + options.configuration + '\n');
  write_file(directory_ + "/enabled_plugins",
             options.client_ca_file.empty() ? "[].\n" : "[rabbitmq_auth_mechanism_ssl].\n");
  write_file(directory_ + "/.erlang.cookie", "EVENTCONSUMERTEST" + std::to_string(epmd_port_),
             0400);
  make_directories(directory_ + "/log");

  std::string script = "#!/bin/sh\n# rabbitmqctl for the server in this directory\n";
  for (const auto& [name, value] : environment()) {
    script += "export " + name + '=' + shell_quote(value) + '\n';
  }
  script += "exec ";
  for (const std::string& word : program("rabbitmqctl")) script += shell_quote(word) + ' ';
  write_file(ctl_script(), script + "\"$@\"\n", 0755);
}

void RabbitmqServer::write_hosts(const ClusterNode& node) const {
  std::string hosts = "{lookup, [file, native]}.\n";
  for (const std::string& address : node.addresses)
    hosts += "{host, " + erlang_tuple(address) + ", [\"" + host_of(address) + "\"]}.\n";
  write_file(directory_ + "/hosts", hosts);
}

void RabbitmqServer::start_epmd(const std::vector<std::string>& addresses) {
  std::string list;
  for (const std::string& address : addresses) list += (list.empty() ? "" : ",") + address;
  // The broker would start one itself, which would then outlive it.
  Command command;
  command.argv = {"epmd", "-address", list, "-port", std::to_string(epmd_port_)};
  command.working_directory = directory_;
  command.output_file = directory_ + "/log/epmd.log";
  command.dies_with_parent = dies_with_parent_;
  epmd_ = std::make_unique<ChildProcess>(command);
  if (!wait_until([&] { return is_listening(epmd_port_); }, seconds(10))) {
    throw std::runtime_error("epmd did not start; " + tail_of_file(command.output_file));
  }
}

void RabbitmqServer::start() {
  launch();
  wait_ready();
}

void RabbitmqServer::launch() {
  Command command;
  command.argv = program("rabbitmq-server");
  command.environment = environment();
  command.working_directory = directory_;
  command.output_file = directory_ + "/log/console.log";
  command.dies_with_parent = dies_with_parent_;
  broker_ = std::make_unique<ChildProcess>(command);
}

void RabbitmqServer::wait_ready() {
  bool ready = false;
  wait_until([&] { return (ready = accepts_logins()) || !broker_->running(); }, seconds(120));
  if (ready) return;
  throw std::runtime_error("RabbitMQ did not start; " + tail_of_file(log_file()) + '\n' +
                           tail_of_file(directory_ + "/log/console.log"));
}

bool RabbitmqServer::accepts_logins() const {
  try {
    AmqpClient client(url());
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

void RabbitmqServer::stop() {
  resume();
  broker_->send(SIGTERM);
  if (!broker_->wait_exit(seconds(60))) {
    throw std::runtime_error("RabbitMQ did not stop; " + tail_of_file(log_file()));
  }
}

void RabbitmqServer::kill() {
  broker_->send(SIGKILL);
  broker_->wait_exit(seconds(10));
}

void RabbitmqServer::pause() { broker_->send(SIGSTOP); }
void RabbitmqServer::resume() { broker_->send(SIGCONT); }

std::string RabbitmqServer::url(const std::string& vhost, const std::string& user,
                                const std::string& password) const {
  return "amqp://" + percent_encode(user) + ':' + percent_encode(password) + '@' + address_ + ':' +
         std::to_string(port_) + '/' + percent_encode(vhost);
}

std::string RabbitmqServer::ctl(const std::vector<std::string>& arguments) const {
  Command command;
  command.argv = {ctl_script()};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  const Finished finished = run(command, seconds(60));
  if (!finished.ok()) {
    throw std::runtime_error("rabbitmqctl: " + finished.output + finished.error_output);
  }
  return finished.output;
}

std::string RabbitmqServer::eval(const std::string& expression) const {
  Command command;
  command.argv = {"/bin/sh",
                  "-c",
                  R"(printf '%s\n' "$0" | erl_call "$@" -R -e)",
                  R"(lists:flatten(io_lib:format("~0tp", [begin )" + expression + " end])).",
                  "-address",
                  address_ + ':' + std::to_string(distribution_port_),
                  "-c",
                  read_file(directory_ + "/.erlang.cookie")};
  command.environment["HOME"] = directory_;
  const Finished finished = run(command, seconds(60));
  const std::string& said = finished.output;
  const std::string begin = "{ok, \"", end = "\"}";
  if (said.size() < begin.size() + end.size() || said.compare(0, begin.size(), begin) != 0)
    throw std::runtime_error("erl_call: " + expression + ": " + said + finished.error_output);
  return said.substr(begin.size(), said.size() - begin.size() - end.size());
}

std::string RabbitmqServer::expression_of(const std::string& queue, const std::string& vhost) {
  return "element(2, {ok, _} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"" + vhost +
         "\">>, queue, <<\"" + queue + "\">>)))";
}

std::string RabbitmqServer::version() const {
  const std::string quoted = eval("rabbit_misc:version()");
  return quoted.substr(1, quoted.size() - 2);
}

QueueCounts RabbitmqServer::queue_counts(const std::string& queue, const std::string& vhost) const {
  const std::string said = eval("rabbit_amqqueue:info(" + expression_of(queue, vhost) +
                                ", [messages_ready, messages_unacknowledged])");
  QueueCounts counts{};
  if (std::sscanf(said.c_str(), "[{messages_ready,%" SCNu64 "},{messages_unacknowledged,%" SCNu64,
                  &counts.ready, &counts.unacknowledged) != 2)
    throw std::runtime_error("no counts of " + queue + ": " + said);
  return counts;
}

std::string RabbitmqServer::connections() const {
  return eval("lists:sort(rabbit_networking:connection_info_all([name]))");
}

std::vector<pid_t> RabbitmqServer::pids() const { return {broker_->pid(), epmd_->pid()}; }

void RabbitmqServer::leave_running() {
  broker_->leave_running();
  if (epmd_) epmd_->leave_running();
  if (own_directory_) own_directory_->keep();
}

}  // namespace event_consumer::testing
