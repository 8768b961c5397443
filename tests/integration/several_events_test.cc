// Messages of several events: stored whole, or dead-lettered whole.
#include <map>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// A topology whose table has these columns, and a worker for it.
class Bench {
 public:
  Bench(const std::string& name, const std::string& columns) : topology(name) {
    topology.declare_topology();
    clickhouse().query("CREATE DATABASE " + topology.database());
    clickhouse().query("CREATE TABLE " + topology.table() + " (" + columns +
                       ") ENGINE = MergeTree() ORDER BY id");
    environment = topology.environment();
    environment["EVENT_CONSUMER_WORKERS"] = "1";
    environment["EVENT_CONSUMER_REQUIRED"] = "id";
  }

  void publish(const std::string& body) {
    client.publish(topology.exchange(), topology.queue(), body);
  }
  bool wait_for_rows(const std::string& rows) {
    return wait_until([&] { return query("SELECT count() FROM") == rows; }, seconds(30));
  }
  // «SELECT … FROM» the table, and what stands behind it.
  std::string query(const std::string& select, const std::string& rest = "") const {
    const std::string answer =
        clickhouse().query(select + " " + topology.table() + " " + rest + " FORMAT TSV");
    return answer.substr(0, answer.find_last_not_of('\n') + 1);
  }
  // Each body's reason, and the event at fault.
  std::map<std::string, std::string> letters(std::size_t count) {
    std::map<std::string, std::string> letters;
    const std::string queue = topology.dead_letter_queue();
    wait_until([&] { return client.queue_exists(queue) && client.message_count(queue) >= count; },
               seconds(30));
    while (const auto letter = client.get(queue)) {
      const auto& headers = letter->properties.headers;
      const auto event = headers.find("x-event-consumer-event");
      letters[letter->body.substr(0, 20)] = headers.at("x-event-consumer-reason") +
                                            (event == headers.end() ? "" : " " + event->second);
    }
    return letters;
  }

  TestTopology topology;
  Environment environment;
  AmqpClient client{rabbitmq().url()};
};

}  // namespace

TEST_CASE("a message of several events is stored whole, or dead-lettered whole") {
  Bench bench("several_events", "id UInt64, n UInt8");
  bench.environment["EVENT_CONSUMER_BATCH_BYTES"] = "32MiB";
  bench.environment["EVENT_CONSUMER_BATCH_ROWS"] = "3";
  Service service(bench.environment);
  bench.publish(R"([{"id":1,"n":0}, {"id":1,"n":1}, {"id":1,"n":2}, {"id":1,"n":3}])");
  bench.publish("{\"id\":2,\"n\":0}\n{\"id\":2,\"n\":1}\r\n\n{\"id\":2,\"n\":2}\n");
  bench.publish(R"([{"id":91,"n":0},{"id":91,"n":256},{"id":91,"n":2}])");
  bench.publish(R"({"id":3,"n":0}{"id":3,"n":1})");
  bench.publish("[]");
  bench.publish(R"({"id":92,"n":0} {"id":92,"x":1} {"n":1})");
  bench.publish(R"([{"id":4,"n":0}])");
  bench.publish(R"([[{"id":93,"n":0}]])");
  std::string many = R"({"id":94})";
  for (int i = 0; i < 1'000'000; ++i) many += R"({"id":1})";
  bench.publish(many);
  bench.publish(R"({"id":5,"n":0})");
  CHECK(bench.letters(5) ==
        std::map<std::string, std::string>{{R"([{"id":91,"n":0},{"i)", "out_of_range 1"},
                                           {"[]", "no_events"},
                                           {R"({"id":92,"n":0} {"id)", "missing_field 2"},
                                           {R"([[{"id":93,"n":0}]])", "not_an_object 0"},
                                           {R"({"id":94}{"id":1}{"i)", "too_many_events"}});
  CHECK(bench.wait_for_rows("11"));
  INFO(service.log());
  CHECK(bench.query("SELECT id, uniq(n), max(n), count() FROM", "GROUP BY id ORDER BY id") ==
        "1\t4\t3\t4\n2\t3\t2\t3\n3\t2\t1\t2\n4\t1\t0\t1\n5\t1\t0\t1");
  CHECK(service.stop() == 0);
}

TEST_CASE("a message of several events is refused whole when ClickHouse refuses one of its rows") {
  Bench bench("several_refused", "id UInt64, text String, n UInt8 MATERIALIZED toUInt8(text)");
  for (int id = 1; id <= 20; ++id) {
    const std::string begin = "{\"id\":" + std::to_string(id) + ",\"text\":\"";
    bench.publish("[" + begin + "1\"}," + begin + (id % 7 == 0 ? "seven" : "7") + "\"}," + begin +
                  "9\"}]");
  }
  Service service(bench.environment);
  CHECK(bench.letters(2) ==
        std::map<std::string, std::string>{{R"([{"id":7,"text":"1"})", "refused_by_clickhouse"},
                                           {R"([{"id":14,"text":"1")", "refused_by_clickhouse"}});
  CHECK(bench.wait_for_rows("54"));
  INFO(service.log());
  CHECK(bench.query("SELECT uniq(id) FROM", "WHERE id NOT IN (7, 14)") == "18");
  CHECK(service.stop() == 0);
}

// It has no way to say DEFAULT within a row.
TEST_CASE("ClickHouse 18.16: events of a message may leave out different columns") {
  Bench bench("several_defaults", "id UInt64, a String DEFAULT 'none', b UInt8 DEFAULT 7, c UInt8");
  for (int id = 1; id <= 30; ++id) {
    const std::string begin = "{\"id\":" + std::to_string(id);
    bench.publish("[" + begin + "}," + begin + ",\"a\":\"x\"}," + begin + ",\"b\":1}," + begin +
                  ",\"c\":2}," + begin + ",\"a\":\"y\",\"b\":2}]");
  }
  Service service(bench.environment);
  CHECK(bench.wait_for_rows("150"));
  INFO(service.log());
  CHECK(
      bench.query("SELECT a, b, c, count(), uniq(id) FROM", "GROUP BY a, b, c ORDER BY a, b, c") ==
      "none\t1\t0\t30\t30\nnone\t7\t0\t30\t30\nnone\t7\t2\t30\t30\nx\t7\t0\t30\t30\n"
      "y\t2\t0\t30\t30");
  CHECK(wait_until(
      [&] { return rabbitmq().queue_counts(bench.topology.queue()).unacknowledged == 0; },
      seconds(30)));
  CHECK(service.stop() == 0);
  const Finished check = run_program(bench.environment, {"check"});
  CHECK(contains(check.output,
                 "! a message of several events that leave out different columns with a DEFAULT"));
}

}  // namespace event_consumer::testing
