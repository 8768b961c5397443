// `event-consumer dead-letters` where letters, queues, links or the disk are not as they should be.
#include <algorithm>
#include <memory>
#include <set>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/dead_letters.h"
#include "tests/support/service.h"
#include "tests/support/tcp_proxy.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// A link that dies amid a message, and does not say so.
class EndsAmid : public LinkFilter {
 public:
  Passage pass(From from, std::string_view bytes) override {
    if (from == From::kClient) return {std::string(bytes), ""};
    const auto passed = std::min(left_, bytes.size());
    left_ -= passed;
    return {"", std::string(bytes.substr(0, passed))};
  }

 private:
  std::size_t left_ = 1'000'000;
};

}  // namespace

TEST_CASE("dead-letters list ends when the link dies amid a message") {
  TestTopology topology("letters_amid");
  AmqpClient client = fill_dead_letters(topology, {{std::string(4'000'000, 'x'), "too_large"}});
  TcpProxy proxy(rabbitmq().port(), [](int) { return std::make_unique<EndsAmid>(); });
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = "amqp://127.0.0.1:" + std::to_string(proxy.port()) + "/";
  const Finished list = run_program(environment, {"dead-letters", "list"});
  CHECK(describe_status(list.status) == "exit status 69");
  CHECK(contains(list.error_output, "has not sent the rest of a message"));
}

TEST_CASE("dead-letters: a header without a name keeps nobody from the letters") {
  TestTopology topology("letters_nameless");
  topology.declare_topology();
  AmqpClient client = fill_dead_letters(topology, {{"before", "bad_value"}});
  auto nameless = letter(topology, "bad_value", topology.exchange());
  nameless.headers[""] = "value";
  client.publish("", topology.dead_letter_queue(), "nameless", nameless);
  client.publish("", topology.dead_letter_queue(), "behind", letter(topology, "bad_value", ""));
  REQUIRE(client.wait_for_confirms(seconds(10)));
  const Finished list = dead_letters(topology, {"list"});
  INFO(list.output << list.error_output);
  CHECK(describe_status(list.status) == "exit status 0");
  CHECK(contains(list.output, "3 shown, all 3 stay"));
  CHECK(contains(dead_letters(topology, {"replay"}).output, "3 replayed, 0 stay"));
  CHECK(client.message_count(topology.queue()) == 3);
}

}  // namespace event_consumer::testing
