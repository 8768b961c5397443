#include "tests/support/foreign_table.h"

#include "common/text.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kRows[] = "1\tx\t2\t1\t0\n2\ty\t0\t0\t0\n3\t\t0\t0\t0\n";

}  // namespace

std::vector<std::string> fill_foreign_table(const TestTopology& topology,
                                            const ClickhouseEndpoint& clickhouse) {
  clickhouse.query("CREATE DATABASE " + topology.database());
  clickhouse.query("CREATE TABLE " + topology.table() +
                   " (id UInt64, Note String, a UInt8, A UInt8, aB UInt8) ENGINE = MergeTree() "
                   "ORDER BY id");
  AmqpClient client(rabbitmq().url());
  for (const char* body :
       {R"({"ID": 9, "id": 1, "NOTE": "x", "A": 1, "a": 2})",  // the exact name before others
        R"({"Id": 2, "note": "y", "zweck": 1})", R"({"id": 3})"})
    client.publish(topology.exchange(), topology.queue(), body);
  Environment environment = topology.environment();
  const int port = serve_status(environment);
  std::vector<std::string> wrong;
  const Finished check = run_program(environment, {"check"});
  if (check.status != 0 || contains(check.output, ", required")) wrong.push_back(check.output);
  Service service(environment);
  const std::string query = "SELECT id, Note, a, A, aB FROM " + topology.table() + " ORDER BY id";
  wait_until([&] { return clickhouse.query(query) == kRows; }, seconds(30));
  if (clickhouse.query(query) != kRows) wrong.push_back(clickhouse.query(query));
  const char* names = "\"unknown_key_names\":\"zweck\"";
  if (!wait_until([&] { return contains(get_status_page(port, "/status").content, names); },
                  seconds(10)))
    wrong.push_back(get_status_page(port, "/status").content);
  if (service.stop() != 0) wrong.push_back("the service did not end well");
  if (service.count_in_log("no column of the table takes the key zweck of events") != 1)
    wrong.push_back("the unknown key is not said once");
  if (!wrong.empty()) wrong.push_back(service.log());
  return wrong;
}

}  // namespace event_consumer::testing
