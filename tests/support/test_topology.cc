#include "tests/support/test_topology.h"

#include <iostream>
#include <sstream>

#include "tests/support/click_events.h"

namespace event_consumer::testing {

RabbitmqServer& rabbitmq() {
  static RabbitmqServer server([] {
    RabbitmqOptions options;
    options.certificate = certificates().good();
    return options;
  }());
  return server;
}

ClickhouseServer& clickhouse() {
  static ClickhouseServer server([] {
    ClickhouseOptions options;
    options.users = {{kClickhouseUser, kClickhousePassword},
                     {kClickhouseReader, "", /*read_only=*/true}};
    options.certificate = certificates().good();
    options.settings = {{"allow_experimental_low_cardinality_type", "1"}};
    return options;
  }());
  return server;
}

namespace {

template <typename Server>
void ensure_running(Server& server, const char* name) {
  server.resume();
  const auto status = server.end_status();
  if (!status) return;
  const std::string gone = std::string(name) + " was gone (" + describe_status(*status) + ')';
  std::cerr << gone << " and is started again; " << tail_of_file(server.log_file()) << '\n';
  append_line(server.directory() + "/ended.log", gone);
  server.start();
}

}  // namespace

TestTopology::TestTopology(const std::string& name)
    : TestTopology(name, clickhouse(), &clickhouse()) {}

TestTopology::TestTopology(const std::string& name, const ClickhouseEndpoint& clickhouse)
    : TestTopology(name, clickhouse, nullptr) {}

TestTopology::TestTopology(const std::string& name, const ClickhouseEndpoint& clickhouse,
                           ClickhouseServer* shared)
    : clickhouse_(clickhouse),
      shared_(shared),
      exchange_(name + "_exchange"),
      queue_(name + "_events"),
      database_(name) {
  ensure_servers();
}

TestTopology::~TestTopology() {
  try {
    ensure_servers();
    AmqpClient client(rabbitmq().url());
    for (const auto& queue : {queue_, dead_letter_queue()})
      if (client.queue_exists(queue)) client.delete_queue(queue);
    clickhouse_.query("DROP DATABASE IF EXISTS " + database_);
  } catch (const std::exception&) {
    // The servers go at the end of the run, and with them what is left here.
  }
}

void TestTopology::ensure_servers() const {
  ensure_running(rabbitmq(), "RabbitMQ");
  if (shared_ != nullptr) ensure_running(*shared_, "ClickHouse");
}

void TestTopology::declare_topology() {
  AmqpClient(rabbitmq().url()).declare_publisher_topology(exchange_, queue_);
}

Environment TestTopology::environment() const {
  Environment environment = base_environment();
  environment["RABBITMQ_URL"] = rabbitmq().url();
  environment["RABBITMQ_EXCHANGE"] = exchange_;
  environment["RABBITMQ_QUEUE"] = queue_;
  environment["CLICKHOUSE_HOST"] = "127.0.0.1";
  environment["CLICKHOUSE_PORT"] = std::to_string(clickhouse_.http_port());
  environment["CLICKHOUSE_DATABASE"] = database_;
  environment["EVENT_CONSUMER_STATUS_ADDRESS"] = "off";
  return environment;
}

std::string TestTopology::create_statement() const {
  return clickhouse_.query("SHOW CREATE TABLE " + table() + " FORMAT TabSeparatedRaw");
}

void TestTopology::create_in_place(std::string statement) const {
  const std::string elsewhere = table() + "_new";
  clickhouse_.query(statement.replace(statement.find(table()), table().size(), elsewhere));
  clickhouse_.query("RENAME TABLE " + elsewhere + " TO " + table());
}

bool TestTopology::table_exists() const {
  return clickhouse_.query("SELECT count() FROM system.tables WHERE database = '" + database_ +
                           "' AND name = 'click_events'") != "0\n";
}

std::uint64_t TestTopology::rows() const {
  if (!table_exists()) return 0;
  return std::stoull(clickhouse_.query("SELECT count() FROM " + table()));
}

std::uint64_t TestTopology::distinct_events() const {
  if (!table_exists()) return 0;
  return std::stoull(
      clickhouse_.query(std::string("SELECT uniqExact(") + kEventIdSql + ") FROM " + table()));
}

std::vector<std::uint64_t> TestTopology::stored_ids(std::uint64_t from) const {
  std::vector<std::uint64_t> ids;
  if (!table_exists()) return ids;
  std::istringstream lines(clickhouse_.query(std::string("SELECT ") + kEventIdSql + " AS id FROM " +
                                             table() + " WHERE id >= " + std::to_string(from) +
                                             " ORDER BY id"));
  for (std::string line; std::getline(lines, line);) ids.push_back(std::stoull(line));
  return ids;
}

void publish_click_events(const TestTopology& topology, std::uint64_t first, std::uint64_t last,
                          std::uint64_t seed) {
  const ClickEvents events(seed);
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, first, last,
                    [&](std::uint64_t id) { return events.json_at(id); });
}

Environment without_required(const TestTopology& topology) {
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_REQUIRED"] = "";
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  return environment;
}

}  // namespace event_consumer::testing
