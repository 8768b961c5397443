// ClickHouse 26: columns that are filled from other places than the key of their name.
#include <string>

#include "tests/engine/engine_facts.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/message_columns.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

Environment with_columns(const TestTopology& topology, const std::string& columns) {
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_COLUMNS"] = columns;
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  return environment;
}

}  // namespace

TEST_CASE("ClickHouse 26: a message with every property fills all columns called after it") {
  TestTopology topology("columns_all", engine());
  topology.declare_topology();
  create_message_columns(topology, engine(), "Map(String, String)");
  AmqpClient(rabbitmq().url())
      .publish(topology.exchange(), topology.queue(), full_body(), full_properties());
  Service service(with_columns(topology, ""));
  const bool stored = wait_until([&] { return topology.rows() == 1; }, seconds(30));
  INFO(service.log());
  REQUIRE(stored);
  CHECK(wrong_in_row(topology, engine(), R"({'x-quote':'"\'','x-tenant':'acme'})") == "");
  CHECK(service.stop() == 0);
}

TEST_CASE("ClickHouse 26: objects of a message go into columns of JSON, and DEFAULTs stay") {
  ONLY_WHERE(knows_json_as_string);
  TestTopology topology("columns_json", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() +
                 " (id UInt32, doc JSON, rest JSON, h JSON, tenant String DEFAULT 'nobody', at "
                 "DateTime64(3) DEFAULT 0) ENGINE = MergeTree() ORDER BY id");
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  client.publish(topology.exchange(), topology.queue(), full_body(), full_properties());
  client.publish(topology.exchange(), topology.queue(), R"({"id": 8})");
  REQUIRE(client.wait_for_confirms(seconds(30)));
  Service service(with_columns(
      topology, "doc=@body,rest=@unmatched,h=@headers,tenant=@header.x-tenant,at=@timestamp"));
  const bool stored = wait_until([&] { return topology.rows() == 2; }, seconds(30));
  INFO(service.log());
  REQUIRE(stored);
  CHECK(engine().query("SELECT id, doc, rest, h.`x-tenant`, tenant, toUnixTimestamp(at) FROM " +
                       topology.table() + " ORDER BY id") ==
        "7\t{\"and\":\"x\",\"id\":7,\"more\":[1,2]}\t{\"and\":\"x\",\"more\":[1,2]}\tacme\tacme\t"
        "1766139630\n8\t{\"id\":8}\t{}\t\\N\tnobody\t0\n");
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
