#include "tests/support/odd_names.h"

#include "common/text.h"
#include "tests/support/service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

const std::vector<std::string> kNames = {"plain",
                                         "With Case",
                                         "with.dot",
                                         "with.two.dots",
                                         "with-dash",
                                         "with space",
                                         " before",
                                         "behind ",
                                         "back`tick",
                                         "two``ticks",
                                         "sin'gle",
                                         "dou\"ble",
                                         "back\\slash",
                                         "back\\\\",
                                         "at\\n the end\\",
                                         "tab\tin it",
                                         "line\nbreak",
                                         "😀",
                                         "žluťoučký kůň",
                                         "日本",
                                         "1st",
                                         "42",
                                         "",
                                         "@type",
                                         "$ref",
                                         "#",
                                         "%20",
                                         "a=b&c?",
                                         "a,b",
                                         "a;b",
                                         "(x)",
                                         "[0]",
                                         "{y}",
                                         "/* c */",
                                         "-- c",
                                         "\\N",
                                         "select",
                                         "FROM",
                                         "Order By",
                                         "null",
                                         "NULL",
                                         "true",
                                         "Array",
                                         "UInt8",
                                         "DEFAULT",
                                         "VALUES",
                                         "x) FORMAT RowBinary",
                                         "\u200b",
                                         "x\u00a0y"};

std::string quoted(const std::string& name) {
  std::string quoted = "`";
  for (const char c : name)
    quoted += c == '`' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return quoted + "`";
}

void create_odd_table(const ClickhouseEndpoint& clickhouse, const std::string& table) {
  std::string sql = "CREATE TABLE " + table + " (";
  for (const std::string& name : kNames)
    if (!name.empty()) sql += quoted(name) + " UInt8, ";
  clickhouse.query(sql +
                   "`list.plain` String, list Nested(a UInt8, `b c` String)) "
                   "ENGINE = MergeTree() ORDER BY tuple()");
}

std::string odd_event() {
  std::string event = "{";
  for (std::size_t i = 0; i < kNames.size(); ++i)
    event += json_string(kNames[i]) + ": " + std::to_string(i + 1) + ", ";
  return event + R"("list.plain": "p", "list.a": [1, 2], "list.b c": ["x", "y"]})";
}

// What the only row of `table` holds that is not the value of odd_event.
std::vector<std::string> oddly_stored(const ClickhouseEndpoint& clickhouse,
                                      const std::string& table) {
  std::vector<std::string> odd;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i].empty()) continue;
    const std::string stored = clickhouse.query("SELECT " + quoted(kNames[i]) + " FROM " + table);
    if (stored != std::to_string(i + 1) + "\n") odd.push_back(kNames[i] + ": " + stored);
  }
  const std::string lists =
      clickhouse.query("SELECT `list.plain`, `list.a`, `list.b c` FROM " + table);
  if (lists != "p\t[1,2]\t['x','y']\n") odd.push_back("list: " + lists);
  return odd;
}

}  // namespace

std::vector<std::string> fill_odd_table(const TestTopology& topology,
                                        const ClickhouseEndpoint& clickhouse) {
  clickhouse.query("CREATE DATABASE " + topology.database());
  create_odd_table(clickhouse, topology.table());
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, 1, [](std::uint64_t) { return odd_event(); });
  const Environment environment = without_required(topology);
  const Finished check = run_program(environment, {"check"});
  if (check.status != 0) return {check.output};
  Service service(environment);
  if (!wait_until([&] { return topology.rows() == 1; }, std::chrono::seconds(20)))
    return {service.log()};
  return oddly_stored(clickhouse, topology.table());
}

}  // namespace event_consumer::testing
