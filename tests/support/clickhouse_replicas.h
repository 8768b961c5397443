// ClickhouseReplicas: two ClickHouse servers that replicate a table through a ZooKeeper.
#pragma once

#include <string>

#include "tests/support/clickhouse_server.h"
#include "tests/support/zookeeper_server.h"

namespace event_consumer::testing {

struct ClickhouseReplicas {
  ClickhouseReplicas();

  // The table for click events on both, in a database that is new. Waits for ZooKeeper; throws
  // std::runtime_error when that does not serve.
  void create_table(const std::string& database) const;

  ZookeeperServer zookeeper;
  ClickhouseServer first;
  ClickhouseServer second;
};

}  // namespace event_consumer::testing
