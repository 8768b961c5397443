// `event-consumer dead-letters` where letters, queues, links or the disk are not as they should be.
#include <algorithm>
#include <memory>
#include <set>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/dead_letters.h"
#include "tests/support/service.h"
#include "tests/support/tcp_proxy.h"
#include "tests/support/wait.h"

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

TEST_CASE("dead-letters list says when what it printed went nowhere") {
  TestTopology topology("letters_disk");
  AmqpClient client = fill_dead_letters(topology, {{"one", "not_json"}});
  for (const auto& arguments :
       {std::vector<std::string>{"list", "--json"}, {"list", "--summary"}}) {
    Command command;
    command.argv = {program_directory() + "/event-consumer", "dead-letters"};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.environment = topology.environment();
    command.output_file = "/dev/full";
    ChildProcess listing(command);
    const auto status = listing.wait_exit(seconds(20));
    REQUIRE(status);
    CHECK(describe_status(*status) == "exit status 70");
  }
}

TEST_CASE("dead-letters replay: what its exchange does not route goes straight to the queue") {
  TestTopology topology("letters_lost");
  topology.declare_topology();
  AmqpClient client = fill_dead_letters(topology, {{"routed", "bad_value"}});
  auto unroutable = letter(topology, "bad_value", topology.exchange());
  unroutable.headers["x-event-consumer-routing-key"] = "nowhere";
  client.publish("", topology.dead_letter_queue(), "unroutable", unroutable);
  client.publish("", topology.dead_letter_queue(), "gone",
                 letter(topology, "bad_value", "no_exchange"));
  client.publish("", topology.dead_letter_queue(), "unknown", {});
  for (const std::string& exchange :
       std::vector<std::string>{std::string(300, 'e'), topology.exchange() + "\n", "\xff"})
    client.publish("", topology.dead_letter_queue(), "odd exchange " + exchange,
                   letter(topology, "bad_value", exchange));
  const std::string internal = topology.exchange() + "_internal";
  const std::string resource = "rabbit_misc:r(<<\"/\">>, exchange, <<\"" + internal + "\">>)";
  rabbitmq().eval("rabbit_exchange:declare(" + resource +
                  ", topic, false, false, true, [], <<\"tests\">>)");
  client.publish("", topology.dead_letter_queue(), "internal",
                 letter(topology, "bad_value", internal));
  auto no_key = letter(topology, "bad_value", topology.exchange());
  no_key.headers["x-event-consumer-routing-key"] = std::string(300, 'k');
  client.publish("", topology.dead_letter_queue(), "odd key", no_key);
  REQUIRE(client.wait_for_confirms(seconds(10)));

  const Finished finished = dead_letters(topology, {"replay"});
  rabbitmq().eval("rabbit_exchange:delete(" + resource + ", false, <<\"tests\">>)");
  INFO(finished.output << finished.error_output);
  CHECK(describe_status(finished.status) == "exit status 0");
  CHECK(contains(finished.output, "9 replayed, 0 stay"));
  CHECK(contains(finished.output, "8 of them went straight to queue letters_lost_events"));
  const auto bodies = take_all(client, topology.queue());
  const std::set<std::string> different(bodies.begin(), bodies.end());
  for (const char* body : {"routed", "unroutable", "gone", "unknown", "odd key", "internal"})
    CHECK(different.count(body) == 1);
  CHECK(different.size() == 9);
  CHECK(bodies.size() == 9);
  CHECK(client.message_count(topology.dead_letter_queue()) == 0);
}

TEST_CASE("dead-letters replay into a queue that is full: what it took is not published again") {
  TestTopology topology("letters_full");
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), {{"x-max-length", std::int64_t{5}},
                                          {"x-overflow", std::string("reject-publish")}});
  client.declare_queue(topology.dead_letter_queue());
  client.enable_confirms();
  for (int i = 0; i < 12; ++i)
    client.publish("", topology.dead_letter_queue(), std::to_string(i), letter(topology, "x", ""));
  REQUIRE(client.wait_for_confirms(seconds(10)));

  std::vector<std::string> bodies;
  for (const char* said : {"5 replayed, 7 stay", "5 replayed, 2 stay", "2 replayed, 0 stay"}) {
    const Finished finished = dead_letters(topology, {"replay"});
    INFO(finished.output << finished.error_output);
    CHECK(contains(finished.output, said));
    CHECK(contains(finished.error_output, "is it full") == (finished.status != 0));
    const auto taken = take_all(client, topology.queue());
    bodies.insert(bodies.end(), taken.begin(), taken.end());
  }
  CHECK(bodies.size() == 12);
  CHECK(std::set<std::string>(bodies.begin(), bodies.end()).size() == 12);
  CHECK(client.message_count(topology.dead_letter_queue()) == 0);
}

TEST_CASE("dead-letters replay: a queue that never confirms has no letter published twice") {
  TestTopology topology("letters_stuck");
  topology.declare_topology();
  const std::string stuck = topology.queue() + "_stuck";
  AmqpClient client = fill_dead_letters(topology, {});
  client.declare_queue(stuck);
  auto to_stuck = letter(topology, "bad_value", "");
  to_stuck.headers["x-event-consumer-routing-key"] = stuck;
  client.publish("", topology.dead_letter_queue(), "stuck", to_stuck);
  for (int i = 0; i < 10; ++i)
    client.publish("", topology.dead_letter_queue(), std::to_string(i),
                   letter(topology, "bad_value", topology.exchange()));
  REQUIRE(client.wait_for_confirms(seconds(10)));
  // As a quorum queue that has no majority.
  const auto tell = [&](const std::string& what) {
    rabbitmq().eval("sys:" + what + "(amqqueue:get_pid(" + RabbitmqServer::expression_of(stuck) +
                    "))");
  };
  tell("suspend");
  const Finished finished = dead_letters(topology, {"replay"});
  tell("resume");
  INFO(finished.output << finished.error_output);
  CHECK(describe_status(finished.status) == "exit status 69");
  CHECK(contains(finished.output, "10 replayed, 1 stay"));
  CHECK(contains(finished.error_output, "has not confirmed"));
  CHECK(wait_until([&] { return client.message_count(topology.dead_letter_queue()) == 1; },
                   seconds(10)));
  CHECK(take_all(client, topology.queue()).size() == 10);
}

TEST_CASE("dead-letters replay: a broker that blocks publishers publishes nothing later") {
  TestTopology topology("letters_blocked");
  topology.declare_topology();
  AmqpClient client = fill_dead_letters(topology, {});
  for (int i = 0; i < 10; ++i)
    client.publish("", topology.dead_letter_queue(), std::to_string(i),
                   letter(topology, "bad_value", ""));
  REQUIRE(client.wait_for_confirms(seconds(10)));
  rabbitmq().ctl({"set_vm_memory_high_watermark", "0.000001"});
  const Finished finished = dead_letters(topology, {"replay"});
  rabbitmq().ctl({"set_vm_memory_high_watermark", "0.4"});
  INFO(finished.output << finished.error_output);
  CHECK(describe_status(finished.status) == "exit status 69");
  CHECK(contains(finished.output, "0 replayed, 10 stay"));
  CHECK(wait_until([&] { return client.message_count(topology.dead_letter_queue()) == 10; },
                   seconds(10)));
  CHECK(client.message_count(topology.queue()) == 0);
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
