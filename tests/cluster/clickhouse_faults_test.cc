// ClickHouse dies, stops, fills its disk, or loses replicas and shards, and its table is worked on,
// with load going on.
#include <cstdio>

#include "tests/cluster/fault_run.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_replicas.h"
#include "tests/support/small_disk.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::size_t kAllWorkers = FaultRun::kInstances * FaultRun::kWorkers;

QueueKind each_kind() { return GENERATE(QueueKind::kClassic, QueueKind::kQuorum); }

void kill_in_mid_insert(ClickhouseServer& server) {
  CHECK(wait_until(
      [&] {
        return server.query("SELECT count() FROM system.processes WHERE query LIKE 'INSERT%'") !=
               "0\n";
      },
      seconds(20)));
  server.kill();
}

// Events are published, and stored, for some seconds.
void go_on_for_a_while(FaultRun& run) {
  for (int i = 0; i < 5; ++i) CHECK(run.recovers());
}

FaultOptions stored_in(ClickhouseReplicas& replicas) {
  FaultOptions options;
  options.store.hosts = {&replicas.first, &replicas.second};
  options.store.create_table = [&](const std::string& database) {
    replicas.create_table(database);
  };
  return options;
}

// Two shards, and a server that has only the Distributed table.
struct Shards {
  FaultOptions options() {
    FaultOptions options;
    options.store.hosts = {&front};
    options.store.create_table = [this](const std::string& database) { create_table(database); };
    return options;
  }

  ClickhouseServer first;
  ClickhouseServer second;
  ClickhouseServer front{[&] {
    ClickhouseOptions options;
    options.shards = {first.tcp_port(), second.tcp_port()};
    return options;
  }()};

 private:
  void create_table(const std::string& database) const {
    const std::string columns =
        " (short_code String, timestamp DateTime, user_agent String, ip_address String, referrer "
        "String, original_url String) ENGINE = ";
    for (const ClickhouseServer* shard : {&first, &second}) {
      shard->query("CREATE DATABASE " + database);
      shard->query("CREATE TABLE " + database + ".local" + columns +
                   "MergeTree() ORDER BY (short_code, timestamp)");
    }
    front.query("CREATE DATABASE " + database);
    front.query("CREATE TABLE " + database + ".click_events" + columns + "Distributed(shards, " +
                database + ", local, cityHash64(original_url))");
  }
};

}  // namespace

TEST_CASE("cluster: ClickHouse is killed in mid-insert, and started again") {
  FaultRun run("ClickHouse killed in mid-insert", each_kind());
  for (int round = 0; round < 3; ++round) {
    kill_in_mid_insert(clickhouse());
    clickhouse().start();
    CHECK(run.recovers());
  }
  run.finish();
}

// 18.16 waits for connections that stay in use, ten seconds for each, and goes on serving them.
TEST_CASE("cluster: ClickHouse is stopped in order, and started again") {
  FaultRun run("ClickHouse stopped and started", each_kind());
  clickhouse().stop();
  clickhouse().start();
  CHECK(run.recovers());
  run.finish();
}

TEST_CASE("cluster: the disk of ClickHouse is full, until there is room again") {
  if (!own_disks_are_possible()) {
    WARN("left out: only root may mount the small disk that this needs");
    return;
  }
  ClickhouseOptions small;
  small.disk_size = "600m";
  ClickhouseServer server(small);
  FaultOptions options;
  options.store.hosts = {&server};
  FaultRun run("disk of ClickHouse full", each_kind(), options);
  const std::string filler = server.data_directory() + "/filler";
  fill_disk(filler);
  CHECK(run.wait_for_log("space", FaultRun::kInstances));
  REQUIRE(std::remove(filler.c_str()) == 0);
  CHECK(run.recovers());
  run.finish();
}

// 18.16 renames one after the other: between the two there is no table.
TEST_CASE("cluster: another table is put in the table's place, several times") {
  FaultRun run("table exchanged for another", each_kind());
  const std::string table = run.database() + ".click_events";
  clickhouse().query("CREATE TABLE " + table + "_next AS " + table);
  for (int round = 0; round < 5; ++round) {
    clickhouse().query("RENAME TABLE " + table + " TO " + table + "_old, " + table + "_next TO " +
                       table + ", " + table + "_old TO " + table + "_next");
    CHECK(run.recovers());
  }
  run.finish();
}

TEST_CASE("cluster: the table's rows are changed and merged") {
  FaultRun run("mutations and merges", each_kind());
  const std::string table = run.database() + ".click_events";
  for (int round = 0; round < 5; ++round) {
    clickhouse().query("ALTER TABLE " + table + " UPDATE referrer = 'seen' WHERE referrer != ''");
    clickhouse().query("ALTER TABLE " + table + " DELETE WHERE short_code = 'nobody'");
    clickhouse().query("OPTIMIZE TABLE " + table + " FINAL");
    CHECK(run.recovers());
  }
  run.finish();
}

TEST_CASE("cluster: the replica in use is killed in mid-insert, and inserts come home") {
  ClickhouseReplicas replicas;
  FaultOptions options = stored_in(replicas);
  options.environment = {{"CLICKHOUSE_FAILBACK", "1"}};
  FaultRun run("replica killed in mid-insert, and back", each_kind(), options);
  kill_in_mid_insert(replicas.first);
  CHECK(run.wait_for_log("now using ClickHouse " + replicas.second.address(), kAllWorkers));
  CHECK(run.recovers());
  replicas.first.start();
  CHECK(run.wait_for_log("inserts go back to it", kAllWorkers, seconds(60)));
  CHECK(run.recovers());
  run.finish();
}

// Without it replicas are read-only.
TEST_CASE("cluster: ZooKeeper is killed, and started again") {
  ClickhouseReplicas replicas;
  FaultRun run("ZooKeeper killed and started", each_kind(), stored_in(replicas));
  replicas.zookeeper.kill();
  CHECK(run.wait_for_log("Code: 242", FaultRun::kInstances, seconds(60)));
  replicas.zookeeper.start();
  CHECK(run.recovers());
  run.finish();
}

TEST_CASE("cluster: a replica that is not in use lags behind") {
  ClickhouseReplicas replicas;
  FaultRun run("other replica paused, and resumed", each_kind(), stored_in(replicas));
  replicas.second.pause();
  go_on_for_a_while(run);
  replicas.second.resume();
  CHECK(run.recovers());
  run.finish();
}

TEST_CASE("cluster: a replica that a quorum needs is killed, and started again") {
  ClickhouseReplicas replicas;
  FaultOptions options = stored_in(replicas);
  options.environment = {{"CLICKHOUSE_SETTINGS", "insert_quorum=2,insert_quorum_timeout=5000"}};
  FaultRun run("quorum of replicas not there", each_kind(), options);
  replicas.second.kill();
  CHECK(run.wait_for_log("Code: 285", FaultRun::kInstances, seconds(60)));
  replicas.second.start();
  CHECK(run.recovers());
  run.finish();
}

// The other one goes on taking its part of each try.
TEST_CASE("cluster: each shard of a Distributed table in turn is killed, and started again") {
  Shards shards;
  FaultRun run("each shard killed and started in turn", each_kind(), shards.options());
  for (ClickhouseServer* shard : {&shards.first, &shards.second}) {
    run.fault();
    kill_in_mid_insert(*shard);
    CHECK(run.wait_for_log("nothing is lost", FaultRun::kInstances));
    shard->start();
    CHECK(run.recovers());
  }
  run.finish();
}

// Rows for the other shard are stored, which says nothing about those that are not.
TEST_CASE("cluster: one shard of a Distributed table refuses all rows, until it is mended") {
  Shards shards;
  FaultOptions options = shards.options();
  // Soon cut to single messages.
  options.environment = {{"EVENT_CONSUMER_BATCH_ROWS", "16"}};
  FaultRun run("one shard refuses all rows, then mended", each_kind(), options);
  const std::string table = run.database() + ".local";
  shards.second.query("ALTER TABLE " + table +
                      " ADD COLUMN broken UInt8 MATERIALIZED throwIf(length(short_code) >= 0)");
  CHECK(run.wait_for_log("cut in halves", FaultRun::kInstances));
  run.load().pause();
  CHECK(wait_for(seconds(60)));
  shards.second.query("ALTER TABLE " + table + " DROP COLUMN broken");
  run.load().resume();
  CHECK(run.recovers());
  run.finish();
}

}  // namespace event_consumer::testing
