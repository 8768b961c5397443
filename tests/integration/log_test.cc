// The log of a whole life, as other programs read it.
#include <fcntl.h>
#include <rapidjson/document.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
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

// A named pipe that is full, for a log that nobody reads until read_all is called.
class FullPipe {
 public:
  FullPipe() {
    if (mkfifo(path().c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
    end_ = UniqueFd(open(path().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    const std::string junk(4096, '\n');
    while (write(end_.get(), junk.data(), junk.size()) > 0) {
    }
  }

  std::string path() const { return directory_.path() + "/pipe"; }

  std::string read_all() const {
    std::string text;
    std::array<char, 4096> part;
    for (ssize_t count; (count = read(end_.get(), part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(count));
    return text;
  }

 private:
  PrivateDirectory directory_{"full_pipe"};
  UniqueFd end_;
};

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
  CHECK(service.count_in_log(", version " + rabbitmq().version() + ", into") == 2);
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

TEST_CASE("nobody reads the log: all events are stored, and SIGTERM ends the service") {
  TestTopology topology("log_unread");
  topology.declare_topology();
  const FullPipe log;
  for (std::uint64_t round = 0; round < 2; ++round) {
    ChildProcess service({{program_directory() + "/event-consumer", "--log-level", "debug"},
                          topology.environment(),
                          {},
                          log.path()});
    const ClickEvents events;
    AmqpClient client(rabbitmq().url());
    client.enable_confirms();
    publish_confirmed(client, topology, round * 1000, (round + 1) * 1000,
                      [&](std::uint64_t id) { return events.json_at(id); });
    CHECK(
        wait_until([&] { return topology.distinct_events() == (round + 1) * 1000; }, seconds(20)));
    // The second time somebody reads in the end.
    if (round == 1) log.read_all();
    service.send(SIGTERM);
    CHECK(service.wait_exit(seconds(20)) == 0);
  }
  const std::string read = log.read_all();
  INFO(read);
  CHECK(count_occurrences(read, " dropped because nobody read ") == 3);
  CHECK(count_occurrences(read, "worker 1[") > 1);
}

}  // namespace event_consumer::testing
