// The log of a whole life, as other programs read it.
#include <rapidjson/document.h>

#include <set>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

}  // namespace

TEST_CASE("the log in JSON: an object a line from start to stop, also about odd bytes") {
  TestTopology topology("log_json");
  topology.declare_topology();
  Service service(topology.environment(), {"--log-format", "json"});
  REQUIRE(service.wait_consuming(2));
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  for (const BrokenKind kind : kAllBrokenKinds)
    client.publish(topology.exchange(), topology.queue(), broken_message(kind, 1));
  REQUIRE(client.wait_for_confirms(seconds(10)));
  REQUIRE(wait_until(
      [&] { return client.message_count(topology.dead_letter_queue()) == kAllBrokenKinds.size(); },
      seconds(20)));
  CHECK(service.stop() == 0);

  std::set<std::string> processes;
  std::istringstream lines(service.log());
  for (std::string text; std::getline(lines, text);) {
    INFO(text);
    rapidjson::Document line;
    line.Parse<rapidjson::kParseValidateEncodingFlag>(text.c_str());
    REQUIRE(line.IsObject());
    CHECK(line.MemberCount() == 5);
    for (const char* key : {"time", "level", "process", "message"}) CHECK(line[key].IsString());
    CHECK(line["pid"].IsInt());
    processes.insert(line["process"].GetString());
  }
  CHECK(processes == std::set<std::string>{"supervisor", "worker 1", "worker 2"});
}

TEST_CASE("the log says at the start what goes where, and what is guaranteed") {
  TestTopology topology("log_start");
  topology.declare_topology();
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  INFO(service.log());
  CHECK(service.count_in_log("moving queue " + topology.queue() + " on RabbitMQ 127.0.0.1:") == 2);
  CHECK(service.count_in_log(", version 3.") == 2);
  CHECK(
      service.count_in_log(", into `log_start`.`click_events` (short_code, timestamp, user_agent, "
                           "ip_address, referrer, original_url) on ClickHouse 127.0.0.1:") == 2);
  CHECK(service.count_in_log(", version 18.") == 2);
  CHECK(service.count_in_log(
            "; at least once (a repeated insert would not be noticed: after a crash or a lost "
            "answer, the rows of the batches under way can be stored twice; this version of "
            "ClickHouse knows no deduplication tokens)") == 2);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
