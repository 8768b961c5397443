// Columns that are filled from other places than the key of their name.
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/message_columns.h"
#include "tests/support/refused_start.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

void create_table(const TestTopology& topology, const std::string& columns) {
  clickhouse().query("CREATE DATABASE " + topology.database());
  clickhouse().query("CREATE TABLE " + topology.table() + " (" + columns +
                     ") ENGINE = MergeTree() ORDER BY tuple()");
}

Environment with_columns(const TestTopology& topology, const std::string& columns) {
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_COLUMNS"] = columns;
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  return environment;
}

bool wait_for_rows(const TestTopology& topology, std::uint64_t rows) {
  return wait_until([&] { return topology.rows() == rows; }, seconds(30));
}

std::string hex_of(const std::string& bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

// With a queue and a table for slips.
TestTopology& create_slipped(TestTopology& topology) {
  topology.declare_topology();
  create_table(topology, "user_id UInt64, at DateTime");
  return topology;
}

}  // namespace

TEST_CASE("columns: a message with every property fills all that are called after it") {
  TestTopology topology("columns_all");
  topology.declare_topology();
  create_message_columns(topology, clickhouse(), "String");
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  AmqpClient(rabbitmq().url())
      .publish(topology.exchange(), topology.queue(), full_body(), full_properties());
  Service service(environment);
  REQUIRE(wait_for_rows(topology, 1));
  CHECK(wrong_in_row(topology, clickhouse(), R"({"x-quote":"\\"\'","x-tenant":"acme"})") == "");
  CHECK(service.stop() == 0);
}

TEST_CASE("columns: a header of every kind is stored as JSON has it") {
  TestTopology topology("columns_headers");
  topology.declare_topology();
  create_table(topology, "id UInt32, odd Nullable(String), _headers String");
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  std::uint32_t id = 0;
  for (const char kind : std::string("tbBsuIilTfdDSxAFV")) {
    MessageProperties properties;
    properties.odd_header = kind;
    client.publish(topology.exchange(), topology.queue(), "{\"id\": " + std::to_string(id++) + "}",
                   properties);
  }
  REQUIRE(client.wait_for_confirms(seconds(30)));
  Service service(with_columns(topology, "odd=@header.odd"));
  REQUIRE(wait_for_rows(topology, id));
  // Beginnings: two are long.
  CHECK(clickhouse().query("SELECT substring(odd, 1, 24), length(odd) FROM " + topology.table() +
                           " ORDER BY id") ==
        "true\t4\n-1\t2\n255\t3\n-1\t2\n65535\t5\n-1\t2\n4294967295\t10\n-1\t2\n"
        "18446744073709551615\t20\n1e-45\t5\n1.7976931348623157e+308\t23\n"
        "-0.000000000000000000000\t258\n\xff\\0\\n\\'\t4\n\xff\\0\\n\\'\t4\n"
        "[[[[[[[[[[[[[[[[[[[[[[[[\t100\n{\"inner\":{\"inner\":{\"inne\t492\n\\N\t\\N\n");
  CHECK(clickhouse().query("SELECT _headers FROM " + topology.table() +
                           " WHERE id IN (0, 10, 12, 16) ORDER BY id") ==
        "{\"odd\":true}\n{\"odd\":1.7976931348623157e+308}\n"
        "{\"odd\":\"\xEF\xBF\xBD\\\\u0000\\\\u000a\\'\"}\n{\"odd\":null}\n");
  CHECK(service.stop() == 0);
}

TEST_CASE("columns: what came back says so, and how often") {
  TestTopology topology("columns_back");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), {{"x-queue-type", std::string("quorum")}});
  create_table(topology, "id UInt32, _redelivered UInt8, _delivery_count UInt8");
  client.enable_confirms();
  client.publish("", topology.queue(), R"({"id": 1})");
  REQUIRE(client.wait_for_confirms(seconds(30)));
  for (int i = 0; i < 2; ++i) {
    std::optional<Message> message;
    REQUIRE(wait_until([&] { return (message = client.get(topology.queue(), false)).has_value(); },
                       seconds(20)));
    client.reject(message->delivery_tag, /*requeue=*/true);
  }
  Service service(with_columns(topology, ""));
  REQUIRE(wait_for_rows(topology, 1));
  CHECK(clickhouse().query("SELECT * FROM " + topology.table()) == "1\t1\t2\n");
  CHECK(service.stop() == 0);
}

TEST_CASE("columns: paths, headers and properties that options name, or the DEFAULT without them") {
  TestTopology topology("columns_given");
  topology.declare_topology();
  create_table(topology,
               "id UInt32, user_id UInt64, price Float64 DEFAULT 9.5, tenant String DEFAULT "
               "'nobody', kind String, raw String");
  const std::string columns =
      "user_id=user.id,price=items.1.price,tenant=@header.x-tenant,kind=@type,raw=@body";
  const Finished check = run_program(with_columns(topology, columns), {"check"});
  INFO(check.output << check.error_output);
  for (const char* line : {"✓ column id UInt32: from key id, if absent: empty\n",
                           "✓ column user_id UInt64: from path user.id, if absent: empty\n",
                           "✓ column price Float64: from path items.1.price, if absent: DEFAULT",
                           "✓ column tenant String: from header x-tenant, if absent: DEFAULT",
                           "✓ column kind String: from the property type, if absent: empty\n",
                           "✓ column raw String: from the body, if absent: empty\n"})
    CHECK(contains(check.output, line));
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  client.publish(topology.exchange(), topology.queue(),
                 R"({"id":1,"user":{"id":70},"items":[{"price":1},{"price":2.5}]})",
                 full_properties());
  client.publish(topology.exchange(), topology.queue(), R"({"id":2,"tenant":"of the event"})");
  client.publish(topology.exchange(), topology.queue(), R"({"id":3,"user":{"id":"x"}})");
  REQUIRE(client.wait_for_confirms(seconds(30)));
  Service service(with_columns(topology, columns));
  REQUIRE(wait_for_rows(topology, 2));
  CHECK(clickhouse().query("SELECT * FROM " + topology.table() + " ORDER BY id") ==
        "1\t70\t2.5\tacme\torder.created\t"
        "{\"id\":1,\"user\":{\"id\":70},\"items\":[{\"price\":1},{\"price\":2.5}]}\n"
        "2\t0\t9.5\tnobody\t\t{\"id\":2,\"tenant\":\"of the event\"}\n");
  std::optional<Message> letter;
  REQUIRE(
      wait_until([&] { return (letter = client.get(topology.dead_letter_queue())).has_value(); },
                 seconds(20)));
  CHECK(letter->properties.headers["x-event-consumer-column"] == "user_id");
  CHECK(service.stop() == 0);
}

TEST_CASE("columns: a table of the body alone stores whatever comes, byte for byte") {
  TestTopology topology("columns_raw");
  topology.declare_topology();
  create_table(topology, "_raw_message String, _received_at DateTime");
  const Finished check = run_program(topology.environment(), {"check"});
  INFO(check.output << check.error_output);
  CHECK(contains(check.output, "✓ column _raw_message String: from the body, if absent: empty\n"));
  CHECK(contains(check.output, "bodies are taken as they are, JSON or not\n"));
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  const std::vector<std::string> bodies = {"",
                                           "no JSON",
                                           "[1,",
                                           "\"",
                                           all_bytes,
                                           std::string(10'000, '\xff'),
                                           R"({"_raw_message":"of the event"})"};
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  client.publish_all(topology.exchange(), topology.queue(), bodies);
  REQUIRE(client.wait_for_confirms(seconds(30)));
  Service service(topology.environment());
  REQUIRE(wait_for_rows(topology, bodies.size()));
  CHECK(service.stop() == 0);
  for (const std::string& body : bodies) {
    const std::string hex = hex_of(body);
    CHECK(clickhouse().query("SELECT count() FROM " + topology.table() +
                             " WHERE hex(_raw_message) = '" + hex + "'") == "1\n");
  }
}

TEST_CASE("slip: --column usre_id=user.id") {
  TestTopology topology("slip_column");
  CHECK(not_refused(create_slipped(topology), with_columns(topology, "usre_id=user.id"),
                    "--column usre_id is no column that the table takes values for",
                    "did you mean user_id?") == "");
}

TEST_CASE("slip: --column at=@headers, a DateTime") {
  TestTopology topology("slip_source");
  CHECK(not_refused(create_slipped(topology), with_columns(topology, "at=@headers"),
                    "--column at: the headers", "is no value of a DateTime") == "");
}

}  // namespace event_consumer::testing
