// ClickHouse 26 refuses: rows, batches, tables, views. Each code of its own, each as it must be
// met.
#include <functional>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kColumns[] =
    " (short_code String, timestamp DateTime, user_agent String, ip_address String, referrer "
    "String, original_url String";

std::string number_as_user_agent(std::uint64_t id) {
  ClickEvent event = ClickEvents().at(id);
  event.user_agent = std::to_string(id);
  return to_json(event);
}

template <typename BodyOf>
void publish(const TestTopology& topology, std::uint64_t count, const BodyOf& body_of) {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, count, body_of);
}

void publish_events(const TestTopology& topology, std::uint64_t count) {
  publish(topology, count, [](std::uint64_t id) { return ClickEvents().json_at(id); });
}

std::uint32_t dead_letters(const TestTopology& topology) {
  AmqpClient client(rabbitmq().url());
  return client.queue_exists(topology.dead_letter_queue())
             ? client.message_count(topology.dead_letter_queue())
             : 0;
}

// The service refused something with these words, waits, and has given up nothing.
bool waits_because(const Service& service, const std::string& words) {
  return wait_until(
      [&] {
        return service.count_in_log(words) >= 1 && service.count_in_log("nothing is lost") >= 1;
      },
      seconds(30));
}

}  // namespace

TEST_CASE("ClickHouse 26: 100 rows of 100 000 that a CHECK refuses are dead-lettered alone (469)") {
  constexpr std::uint64_t kEvents = 100'000;
  TestTopology topology("constraint", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() + kColumns +
                 ", CONSTRAINT is_number CHECK user_agent != 'Mozilla') ENGINE = MergeTree() ORDER "
                 "BY short_code");
  const auto is_bad = [](std::uint64_t id) { return id % 1000 == 500; };
  publish(topology, kEvents, [&](std::uint64_t id) {
    ClickEvent event = ClickEvents().at(id);
    event.user_agent = is_bad(id) ? "Mozilla" : std::to_string(id);
    return to_json(event);
  });
  const auto inserts = engine().inserts();
  Service service(topology.environment());
  const bool done =
      wait_until([&] { return dead_letters(topology) == 100 && topology.rows() == kEvents - 100; },
                 seconds(240));
  INFO(service.log());
  REQUIRE(done);
  const auto posts = engine().inserts() - inserts;
  WARN("100 refused rows of 100 000 took " << posts << " inserts");
  CHECK(posts < 3'000);
  // Said once for each batch.
  CHECK(service.count_in_log("cut in halves") <= 50);
  CHECK(topology.distinct_events() == kEvents - 100);
  AmqpClient client(rabbitmq().url());
  while (const auto letter = client.get(topology.dead_letter_queue())) {
    CHECK(letter->properties.headers.at("x-event-consumer-reason") == "refused_by_clickhouse");
    const std::string& error = letter->properties.headers.at("x-event-consumer-error");
    CHECK(error.find("Code: 469") != std::string::npos);
    CHECK(error.find("is_number") != std::string::npos);
    CHECK(letter->body.find("\"Mozilla\"") != std::string::npos);
  }
}

TEST_CASE("ClickHouse 26: a batch of too many partitions is cut until each part is taken (252)") {
  TestTopology topology("partitions", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() + kColumns +
                 ") ENGINE = MergeTree() PARTITION BY user_agent ORDER BY short_code");
  publish(topology, 300, number_as_user_agent);
  Service service(topology.environment());
  const bool stored = wait_until([&] { return topology.distinct_events() == 300; }, seconds(60));
  INFO(service.log());
  CHECK(stored);
  CHECK(topology.rows() == 300);
  CHECK(service.count_in_log("Too many partitions") >= 1);
  CHECK(dead_letters(topology) == 0);
}

TEST_CASE("ClickHouse 26: a message of too many partitions is its own fault (252)") {
  TestTopology topology("partitions_alone", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() + kColumns +
                 ") ENGINE = MergeTree() PARTITION BY user_agent ORDER BY short_code");
  publish(topology, 40, [](std::uint64_t id) {
    if (id != 20) return number_as_user_agent(id);
    std::string events = "[";
    for (std::uint64_t i = 1'000; i < 1'150; ++i)
      events += (events.size() == 1 ? "" : ", ") + number_as_user_agent(i);
    return events + "]";
  });
  Service service(topology.environment());
  const bool done =
      wait_until([&] { return dead_letters(topology) == 1 && topology.rows() >= 39; }, seconds(60));
  INFO(service.log());
  REQUIRE(done);
  CHECK(service.stop() == 0);
  CHECK(topology.rows() == 39);
  CHECK(topology.distinct_events() == 39);
  AmqpClient client(rabbitmq().url());
  const auto letter = client.get(topology.dead_letter_queue());
  REQUIRE(letter);
  CHECK(letter->properties.headers.at("x-event-consumer-reason") == "refused_by_clickhouse");
  CHECK(letter->properties.headers.at("x-event-consumer-error").find("Too many partitions") !=
        std::string::npos);
}

TEST_CASE("ClickHouse 26: a table of too many parts is waited for, and nothing is cut (252)") {
  TestTopology topology("parts", engine());
  topology.declare_topology();
  // A name that must not be taken for the refusal of too many partitions.
  const std::string table = topology.database() + ".partitions";
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + table + kColumns +
                 ") ENGINE = MergeTree() ORDER BY short_code SETTINGS parts_to_delay_insert = 0, "
                 "parts_to_throw_insert = 1");
  engine().query("INSERT INTO " + table + " (original_url) SELECT 'before'");
  publish_events(topology, 100);
  Environment environment = topology.environment();
  environment["CLICKHOUSE_TABLE"] = "partitions";
  Service service(environment);
  REQUIRE(waits_because(service, "Too many parts"));
  CHECK(service.count_in_log("cut in halves") == 0);
  engine().query("ALTER TABLE " + table + " MODIFY SETTING parts_to_throw_insert = 3000");
  const std::string rows = "SELECT count() FROM " + table;
  CHECK(wait_until([&] { return engine().query(rows) == "101\n"; }, seconds(60)));
  CHECK(dead_letters(topology) == 0);
}

TEST_CASE("ClickHouse 26: inserts beyond the memory limit are repeated, and cost nothing (241)") {
  TestTopology topology("memory", engine());
  topology.declare_topology();
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  const auto workers = service.workers();
  // Of what a thread takes, 4 MiB go uncounted otherwise.
  engine().query("SET max_untracked_memory = 10000");
  engine().query("SET max_memory_usage = 1000000");
  publish_events(topology, 10'000);
  const bool refused = waits_because(service, "Code: 241");
  engine().query("SET max_memory_usage = 0");
  engine().query("SET max_untracked_memory = 4194304");
  INFO(service.log());
  REQUIRE(refused);
  CHECK(wait_until([&] { return topology.distinct_events() == 10'000; }, seconds(60)));
  CHECK(topology.rows() == 10'000);
  CHECK(service.workers() == workers);
  CHECK(dead_letters(topology) == 0);
}

TEST_CASE("ClickHouse 26: a table that is dropped pauses the worker until it is there again (60)") {
  TestTopology topology("dropped", engine());
  topology.declare_topology();
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  const auto workers = service.workers();
  const std::string create = topology.create_statement();
  engine().query("DROP TABLE " + topology.table());
  publish_events(topology, 100);
  REQUIRE(waits_because(service, "Code: 60"));
  topology.create_in_place(create);
  CHECK(wait_until([&] { return topology.distinct_events() == 100; }, seconds(30)));
  CHECK(topology.rows() == 100);
  CHECK(service.workers() == workers);
  CHECK(dead_letters(topology) == 0);
}

TEST_CASE("ClickHouse 26: a view that fails for every row costs no event") {
  TestTopology topology("view", engine());
  topology.declare_topology();
  const std::string view = topology.database() + ".numbers";
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  engine().query("CREATE MATERIALIZED VIEW " + view +
                 " ENGINE = MergeTree() ORDER BY number AS SELECT toUInt64(user_agent) AS number "
                 "FROM " +
                 topology.table());
  publish_events(topology, 1'000);
  REQUIRE(waits_because(service, "while pushing to view " + view));
  CHECK(dead_letters(topology) == 0);
  // 23.10 wants to be asked for it.
  engine().query("SET allow_experimental_alter_materialized_view_structure = 1");
  engine().query("ALTER TABLE " + view +
                 " MODIFY QUERY SELECT toUInt64OrZero(user_agent) AS number FROM " +
                 topology.table());
  CHECK(wait_until([&] { return rabbitmq().queue_counts(topology.queue()).unacknowledged == 0; },
                   seconds(90)));
  CHECK(topology.distinct_events() == 1'000);
  CHECK(dead_letters(topology) == 0);
}

namespace {

// Of a hundred events one is bad for a column or a view that `alter` adds.
void check_one_bad_row(const std::string& name, const std::string& words,
                       const std::function<std::string(const TestTopology&)>& alter) {
  TestTopology topology(name, engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() + kColumns +
                 ") ENGINE = MergeTree() ORDER BY short_code");
  engine().query(alter(topology));
  publish(topology, 100, [](std::uint64_t id) {
    ClickEvent event = ClickEvents().at(id);
    event.user_agent = id == 50 ? "bad" : "10.0.0.1";
    return to_json(event);
  });
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  CHECK(wait_until([&] { return topology.distinct_events() >= 99; }, seconds(60)));
  // What is tried last has none to compare it with.
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 100, 101, [](std::uint64_t id) {
    ClickEvent event = ClickEvents().at(id);
    event.user_agent = "10.0.0.1";
    return to_json(event);
  });
  CHECK(wait_until([&] { return dead_letters(topology) == 1; }, seconds(30)));
  INFO(service.log());
  CHECK(service.count_in_log(words) >= 1);
  CHECK(wait_until([&] { return topology.distinct_events() >= 100; }, seconds(30)));
}

std::string add_column(const TestTopology& topology, const std::string& expression) {
  return "ALTER TABLE " + topology.table() + " ADD COLUMN checked " + expression;
}

}  // namespace

TEST_CASE("ClickHouse 26: a row that throwIf refuses costs itself only (395)") {
  check_one_bad_row("throw_if", "Code: 395", [](const TestTopology& topology) {
    return add_column(topology, "UInt8 MATERIALIZED throwIf(user_agent = 'bad')");
  });
}

TEST_CASE("ClickHouse 26: a row that toIPv4 refuses costs itself only (675)") {
  check_one_bad_row("to_ipv4", "Code: 675", [](const TestTopology& topology) {
    return add_column(topology, "IPv4 MATERIALIZED toIPv4(user_agent)");
  });
}

TEST_CASE("ClickHouse 26: a row with a value that no Enum has costs itself only (691)") {
  check_one_bad_row("enum", "Code: 691", [](const TestTopology& topology) {
    return add_column(topology, "Enum8('10.0.0.1' = 1) MATERIALIZED user_agent");
  });
}

TEST_CASE("ClickHouse 26: a row that a view fails for costs itself only") {
  check_one_bad_row("view_of_one", "while pushing to view", [](const TestTopology& topology) {
    return "CREATE MATERIALIZED VIEW " + topology.database() +
           ".checked ENGINE = MergeTree() ORDER BY short_code AS SELECT short_code, "
           "throwIf(user_agent = 'bad') AS checked FROM " +
           topology.table();
  });
}

TEST_CASE("ClickHouse 26: what a failing view doubles is bounded, said and counted") {
  constexpr std::uint64_t kEvents = 64;
  TestTopology topology("view_doubles", engine());
  topology.declare_topology();
  const std::string window = " SETTINGS non_replicated_deduplication_window = 100";
  const std::string view = topology.database() + ".checked";
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() + kColumns +
                 ") ENGINE = MergeTree() ORDER BY short_code" + window);
  engine().query("CREATE MATERIALIZED VIEW " + view + " ENGINE = MergeTree() ORDER BY short_code" +
                 window + " AS SELECT short_code, throwIf(user_agent = 'bad') AS checked FROM " +
                 topology.table());
  publish(topology, kEvents, [](std::uint64_t id) {
    ClickEvent event = ClickEvents().at(id);
    if (id == 20) event.user_agent = "bad";
    return to_json(event);
  });
  Environment environment = topology.environment();
  const int port = serve_status(environment);
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service service(environment);
  const std::string stored = "SELECT count() FROM " + view;
  CHECK(wait_until([&] { return dead_letters(topology) == 1 && engine().query(stored) == "63\n"; },
                   seconds(60)));
  INFO(service.log());
  // The table has the rows before the view fails: once more at each of six cuts at most.
  CHECK(topology.distinct_events() == kEvents);
  CHECK(topology.rows() <= kEvents * 7);
  CHECK(service.count_in_log("each may be stored there as often as its batch is cut") == 1);
  const auto counted = [&] {
    const std::string metrics = get_status_page(port, "/metrics").content;
    const std::string name = "\nevent_consumer_possibly_doubled_rows_total{worker=\"1\"} ";
    const auto at = metrics.find(name);
    return at == std::string::npos ? 0 : std::stoul(metrics.substr(at + name.size()));
  };
  CHECK(wait_until([&] { return counted() >= topology.rows() - kEvents; }, seconds(5)));
  CHECK(counted() <= kEvents * 7);
}

TEST_CASE("ClickHouse 26: an event whose text reads like the failure of a view costs itself only") {
  TestTopology topology("hostile_words", engine());
  topology.declare_topology();
  engine().query("CREATE DATABASE " + topology.database());
  engine().query("CREATE TABLE " + topology.table() + kColumns +
                 ", CONSTRAINT short CHECK length(user_agent) < 20) ENGINE = MergeTree() ORDER BY "
                 "short_code");
  publish(topology, 100, [](std::uint64_t id) {
    if (id != 50) return number_as_user_agent(id);
    ClickEvent event = ClickEvents().at(id);
    event.user_agent = "it's: while pushing to view mine.view. (CANNOT_PARSE_TEXT)";
    return to_json(event);
  });
  Service service(topology.environment());
  CHECK(wait_until([&] { return dead_letters(topology) == 1 && topology.rows() == 99; },
                   seconds(60)));
}

}  // namespace event_consumer::testing
