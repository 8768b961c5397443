#include "tests/support/clickhouse_server.h"

#include <csignal>
#include <stdexcept>

#include "tests/support/free_port.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

namespace {

using std::chrono::seconds;

std::string xml_escape(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string element(const std::string& name, const std::string& text) {
  return '<' + name + '>' + xml_escape(text) + "</" + name + ">\n";
}

std::string elements(const std::map<std::string, std::string>& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text += element(name, value);
  return text;
}

std::string user_element(const ClickhouseUser& user) {
  return '<' + user.name + ">\n" + element("password", user.password) +
         "<networks><ip>127.0.0.1</ip></networks>\n" +
         element("profile", user.read_only ? "readonly" : "default") + element("quota", "default") +
         "</" + user.name + ">\n";
}

std::string users_xml(const ClickhouseOptions& options) {
  std::string users = user_element({"default", "", false});
  for (const ClickhouseUser& user : options.users) users += user_element(user);
  const std::string settings = elements(options.settings);
  return "<yandex>\n<profiles>\n<default>\n" + settings + "</default>\n<readonly>\n" + settings +
         "<readonly>1</readonly>\n</readonly>\n</profiles>\n<users>\n" + users +
         "</users>\n<quotas><default></default></quotas>\n</yandex>\n";
}

std::string tls_elements(const Certificate& certificate, const std::string& client_ca_file,
                         int https_port) {
  const std::string verification = client_ca_file.empty() ? element("verificationMode", "none")
                                                          : element("verificationMode", "strict") +
                                                                element("caConfig", client_ca_file);
  return element("https_port", std::to_string(https_port)) + "<openSSL><server>\n" +
         element("certificateFile", certificate.certificate_file) +
         element("privateKeyFile", certificate.key_file) + verification +
         element("loadDefaultCAFile", "false") + "</server></openSSL>\n";
}

std::string cluster_elements(const std::vector<int>& shards) {
  if (shards.empty()) return "";
  std::string text = "<remote_servers><shards>\n";
  for (const int port : shards)
    text += "<shard><replica>" + element("host", "127.0.0.1") +
            element("port", std::to_string(port)) + "</replica></shard>\n";
  return text + "</shards></remote_servers>\n";
}

std::string replica_elements(int zookeeper_port, int http_port) {
  if (zookeeper_port == 0) return "";
  return "<zookeeper><node>" + element("host", "127.0.0.1") +
         element("port", std::to_string(zookeeper_port)) + "</node>" +
         element("session_timeout_ms", "3000") + "</zookeeper>\n<macros>" +
         element("replica", std::to_string(http_port)) + "</macros>\n" +
         element("interserver_http_host", "127.0.0.1") +
         element("interserver_http_port", std::to_string(free_port()));
}

std::string config_xml(const ClickhouseOptions& options, const std::string& directory,
                       int http_port, int https_port, int tcp_port) {
  return "<yandex>\n<logger>\n" + element("level", "information") +
         element("log", directory + "/server.log") +
         element("errorlog", directory + "/server.err.log") + "</logger>\n" +
         element("listen_host", "127.0.0.1") + element("http_port", std::to_string(http_port)) +
         element("tcp_port", std::to_string(tcp_port)) + element("path", directory + "/data/") +
         element("tmp_path", directory + "/tmp/") +
         element("user_files_path", directory + "/user_files/") +
         element("format_schema_path", directory + "/format_schemas/") +
         element("users_config", directory + "/users.xml") + element("default_profile", "default") +
         element("default_database", "default") + element("timezone", options.time_zone) +
         element("mark_cache_size", "67108864") + element("keep_alive_timeout", "3") +
         (options.certificate
              ? tls_elements(*options.certificate, options.client_ca_file, https_port)
              : "") +
         cluster_elements(options.shards) + replica_elements(options.zookeeper_port, http_port) +
         "<query_log>" + element("database", "system") + element("table", "query_log") +
         "</query_log>\n<core_dump><size_limit>0</size_limit></core_dump>\n<merge_tree>\n" +
         elements(options.merge_tree_settings) + "</merge_tree>\n</yandex>\n";
}

}  // namespace

ClickhouseServer::ClickhouseServer(const ClickhouseOptions& options)
    : ClickhouseEndpoint(free_port()),
      directory_(options.directory),
      dies_with_parent_(options.dies_with_parent),
      disk_size_(options.disk_size),
      https_port_(free_port()),
      tcp_port_(free_port()) {
  if (directory_.empty()) {
    own_directory_.emplace("clickhouse");
    directory_ = own_directory_->path();
  }
  for (const char* name : {"/data", "/tmp", "/user_files", "/format_schemas"}) {
    make_directories(directory_ + name);
  }
  write_file(directory_ + "/users.xml", users_xml(options));
  write_file(directory_ + "/config.xml",
             config_xml(options, directory_, http_port(), https_port_, tcp_port_));
  start();
}

ClickhouseServer::~ClickhouseServer() {
  // For the one who looks for the cause of a failure; it may have been meant.
  if (const auto status = end_status())
    append_line(directory_ + "/ended.log", "ClickHouse: " + describe_status(*status));
}

void ClickhouseServer::start() {
  Command command;
  command.argv = {"clickhouse-server", "--config-file=" + directory_ + "/config.xml"};
  if (!disk_size_.empty())
    command.argv = {"unshare",
                    "--mount",
                    "sh",
                    "-ec",
                    "mount -t tmpfs -o size=\"$1\" tmpfs \"$2/data\"\n"
                    "exec clickhouse-server --config-file=\"$2/config.xml\"",
                    "sh",
                    disk_size_,
                    directory_};
  command.working_directory = directory_;
  command.output_file = directory_ + "/console.log";
  command.dies_with_parent = dies_with_parent_;
  // An ordinary user may have no /usr/sbin in PATH, where Debian has the server.
  command.environment["PATH"] += ":/usr/sbin:/usr/bin:/sbin:/bin";
  server_ = std::make_unique<ChildProcess>(command);
  bool ready = false;
  wait_until([&] { return (ready = answers()) || !server_->running(); }, seconds(30));
  if (ready) return;
  throw std::runtime_error("ClickHouse did not start; " + tail_of_file(log_file()) + '\n' +
                           tail_of_file(command.output_file));
}

void ClickhouseServer::stop() {
  resume();
  server_->send(SIGTERM);
  if (!server_->wait_exit(seconds(60))) {
    throw std::runtime_error("ClickHouse did not stop; " + tail_of_file(log_file()));
  }
}

void ClickhouseServer::kill() {
  server_->send(SIGKILL);
  server_->wait_exit(seconds(10));
}

void ClickhouseServer::pause() { server_->send(SIGSTOP); }
void ClickhouseServer::resume() { server_->send(SIGCONT); }

std::string ClickhouseServer::data_directory() const {
  return "/proc/" + std::to_string(pid()) + "/root" + directory_ + "/data";
}

bool own_disks_are_possible() {
  Command command;
  command.argv = {"unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"};
  return run(command, seconds(10)).ok();
}

void ClickhouseServer::leave_running() {
  server_->leave_running();
  if (own_directory_) own_directory_->keep();
}

}  // namespace event_consumer::testing
