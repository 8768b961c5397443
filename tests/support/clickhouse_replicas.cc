#include "tests/support/clickhouse_replicas.h"

#include <stdexcept>

#include "tests/support/wait.h"

namespace event_consumer::testing {

namespace {

ClickhouseOptions replicated_by(const ZookeeperServer& zookeeper) {
  ClickhouseOptions options;
  options.zookeeper_port = zookeeper.port();
  return options;
}

void wait_for_zookeeper(const ClickhouseReplicas& replicas) {
  const auto serves = [&] {
    try {
      return !replicas.first.query("SELECT name FROM system.zookeeper WHERE path = '/'").empty();
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  if (!wait_until(serves, std::chrono::seconds(30)))
    throw std::runtime_error("ZooKeeper did not start; " +
                             tail_of_file(replicas.zookeeper.log_file()));
}

}  // namespace

ClickhouseReplicas::ClickhouseReplicas()
    : first(replicated_by(zookeeper)), second(replicated_by(zookeeper)) {}

void ClickhouseReplicas::create_table(const std::string& database) const {
  wait_for_zookeeper(*this);
  for (const ClickhouseServer* server : {&first, &second}) {
    server->query("CREATE DATABASE " + database);
    server->query("CREATE TABLE " + database +
                  ".click_events (short_code String, timestamp DateTime, user_agent String, "
                  "ip_address String, referrer String, original_url String) ENGINE = "
                  "ReplicatedMergeTree('/" +
                  database + "', '{replica}') ORDER BY (short_code, timestamp)");
  }
}

}  // namespace event_consumer::testing
