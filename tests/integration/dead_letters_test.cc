// `event-consumer dead-letters`: looking changes nothing, replaying loses nothing, whatever happens
// in between.
#include <signal.h>

#include <set>
#include <sstream>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

std::size_t count_lines(const std::string& text) { return count_occurrences(text, "\n"); }

// As the service writes dead letters, from the given exchange.
MessageProperties letter(const TestTopology& topology, const std::string& reason,
                         const std::string& exchange) {
  MessageProperties properties;
  properties.delivery_mode = 2;
  properties.message_id = "id-1";
  properties.headers = {{"trace", "abc"},
                        {"x-event-consumer-reason", reason},
                        {"x-event-consumer-error", "original_url: the required String is absent"},
                        {"x-event-consumer-column", "original_url"},
                        {"x-event-consumer-time", "2025-12-19T10:20:30Z"},
                        {"x-event-consumer-exchange", exchange},
                        {"x-event-consumer-routing-key", topology.queue()}};
  return properties;
}

// A dead-letter queue with these bodies, each with its reason.
AmqpClient fill(const TestTopology& topology,
                const std::vector<std::pair<std::string, std::string>>& letters,
                const QueueArguments& arguments = {}) {
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.dead_letter_queue(), arguments);
  client.enable_confirms();
  for (const auto& [body, reason] : letters)
    client.publish("", topology.dead_letter_queue(), body,
                   letter(topology, reason, topology.exchange()));
  REQUIRE(client.wait_for_confirms(seconds(60)));
  return client;
}

std::vector<std::string> take_all(AmqpClient& client, const std::string& queue) {
  std::vector<std::string> bodies;
  while (const auto message = client.get(queue)) bodies.push_back(message->body);
  return bodies;
}

Finished dead_letters(const TestTopology& topology, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "dead-letters");
  return run_program(topology.environment(), arguments);
}

}  // namespace

TEST_CASE("dead-letters list shows them in order, and all of them stay as they are") {
  TestTopology topology("letters_list");
  AmqpClient client =
      fill(topology, {{"one", "not_json"}, {"two\x1b[2J", "bad_value"}, {"t\xff", "invalid_utf8"}});

  const Finished text = dead_letters(topology, {"list"});
  INFO(text.output << text.error_output);
  CHECK(describe_status(text.status) == "exit status 0");
  CHECK(text.output.rfind("2025-12-19T10:20:30Z  not_json  original_url: the required String is "
                          "absent\n    one\n",
                          0) == 0);
  CHECK(contains(text.output, "\n    two\\x1b[2J\n"));
  CHECK(contains(text.output, "\n    t\\xff\n"));
  CHECK(contains(text.output, "3 shown, all 3 stay in queue letters_list_events.dead on RabbitMQ"));

  const Finished json = dead_letters(topology, {"list", "--json"});
  INFO(json.output);
  CHECK(count_lines(json.output) == 3);
  CHECK(json.output.rfind("{\"time\":\"2025-12-19T10:20:30Z\",\"reason\":\"not_json\",", 0) == 0);
  CHECK(contains(json.output, "\"exchange\":\"letters_list_exchange\""));
  CHECK(contains(json.output, "\"body\":\"two\\u001b[2J\"}\n"));
  CHECK(contains(json.output, "\"body_base64\":\"dP8=\"}\n"));
  CHECK(contains(json.error_output, "3 shown"));

  const Finished limited = dead_letters(topology, {"list", "--limit", "1", "--json"});
  CHECK(count_lines(limited.output) == 1);
  CHECK(take_all(client, topology.dead_letter_queue()) ==
        std::vector<std::string>{"one", "two\x1b[2J", "t\xff"});
}

// Each look is a return, which such a queue counts.
TEST_CASE("dead-letters: a delivery limit takes none, however often they are looked at") {
  constexpr std::int64_t kLimit = 2;
  TestTopology topology("letters_limit");
  AmqpClient client =
      fill(topology, {{"one", "not_json"}, {"two", "bad_value"}, {"three", "bad_value"}},
           {{"x-queue-type", std::string("quorum")}, {"x-delivery-limit", kLimit}});
  const auto all_are_back = [&](std::uint32_t count) {
    return wait_until([&] { return client.message_count(topology.dead_letter_queue()) == count; },
                      seconds(30));
  };
  for (int look = 0; look < 4 * kLimit; ++look) {
    REQUIRE(all_are_back(3));
    const Finished list = dead_letters(topology, {"list", "--json"});
    INFO("look " << look << ": " << list.output << list.error_output);
    CHECK(describe_status(list.status) == "exit status 0");
    CHECK(count_lines(list.output) == 3);
    for (const std::string letter : {"\"one\"", "\"two\"", "\"three\""})
      CHECK(contains(list.output, "\"body\":" + letter));
    CHECK(count_occurrences(list.output, "\"reason\":\"bad_value\"") == 2);
  }
  // What is not asked for is looked at, too.
  for (int look = 0; look < 2 * kLimit; ++look) {
    REQUIRE(all_are_back(3));
    dead_letters(topology, {"drop", "--reason", "no_such"});
  }
  REQUIRE(all_are_back(3));
  CHECK(contains(dead_letters(topology, {"drop", "--reason", "bad_value"}).output, "2 dropped"));
  REQUIRE(all_are_back(1));
  const auto left = client.get(topology.dead_letter_queue());
  REQUIRE(left);
  CHECK(left->body == "one");
}

TEST_CASE("dead-letters: a queue that drops what comes back is not looked at") {
  TestTopology topology("letters_no_return");
  AmqpClient client =
      fill(topology, {{"one", "not_json"}},
           {{"x-queue-type", std::string("quorum")}, {"x-delivery-limit", std::int64_t(0)}});
  const Finished list = dead_letters(topology, {"list"});
  INFO(list.output << list.error_output);
  CHECK(describe_status(list.status) == "exit status 78");
  CHECK(contains(list.error_output, "drops what comes back to it"));
  CHECK(contains(run_program(topology.environment(), {"check"}).output, "and cannot be listed"));
  CHECK(client.message_count(topology.dead_letter_queue()) == 1);
}

TEST_CASE("dead-letters list counts them by reason and column, or shows those of one reason") {
  TestTopology topology("letters_summary");
  AmqpClient client = fill(
      topology, {{"1", "bad_value"}, {"2", "not_json"}, {"3", "bad_value"}, {"4", "bad_value"}});
  const Finished summary = dead_letters(topology, {"list", "--summary"});
  INFO(summary.output);
  CHECK(describe_status(summary.status) == "exit status 0");
  CHECK(contains(summary.output,
                 "        3  bad_value  column original_url  such as: original_url: the required "
                 "String is absent\n        1  not_json  column original_url"));
  CHECK(contains(summary.output, "4 counted, all 4 stay in "));
  const Finished json =
      dead_letters(topology, {"list", "--summary", "--json", "--reason", "not_json"});
  CHECK(json.output == R"({"count":1,"reason":"not_json","column":"original_url",)"
                       R"("oldest":"2025-12-19T10:20:30Z","latest":"2025-12-19T10:20:30Z",)"
                       R"("error":"original_url: the required String is absent"})"
                       "\n");
  const Finished shown = dead_letters(topology, {"list", "--reason", "not_json"});
  CHECK(contains(shown.output, "1 shown, all 4 stay in "));
  CHECK(count_lines(shown.output) == 3);
  CHECK(take_all(client, topology.dead_letter_queue()) ==
        std::vector<std::string>{"1", "2", "3", "4"});
}

TEST_CASE("dead-letters replay publishes those of the reason as they were; the others stay") {
  TestTopology topology("letters_replay");
  topology.declare_topology();
  AmqpClient client = fill(topology, {{"a", "bad_value"},
                                      {"b", "not_json"},
                                      {"c", "bad_value"},
                                      {"d", "not_json"},
                                      {"e", "bad_value"}});
  const Finished finished =
      dead_letters(topology, {"replay", "--reason", "bad_value", "--limit", "2"});
  INFO(finished.output << finished.error_output);
  CHECK(describe_status(finished.status) == "exit status 0");
  CHECK(contains(finished.output, "2 replayed, 3 stay in queue letters_replay_events.dead"));
  CHECK_FALSE(contains(finished.output, "went straight"));

  const auto replayed = client.get(topology.queue());
  REQUIRE(replayed);
  CHECK(replayed->body == "a");
  CHECK(replayed->properties.message_id == "id-1");
  CHECK(replayed->properties.delivery_mode == 2);
  CHECK(replayed->properties.headers == std::map<std::string, std::string>{{"trace", "abc"}});
  CHECK(take_all(client, topology.queue()) == std::vector<std::string>{"c"});
  CHECK(take_all(client, topology.dead_letter_queue()) == std::vector<std::string>{"b", "d", "e"});
}

TEST_CASE("dead-letters replay: what its exchange does not route goes straight to the queue") {
  TestTopology topology("letters_lost");
  topology.declare_topology();
  AmqpClient client = fill(topology, {{"routed", "bad_value"}});
  auto unroutable = letter(topology, "bad_value", topology.exchange());
  unroutable.headers["x-event-consumer-routing-key"] = "nowhere";
  client.publish("", topology.dead_letter_queue(), "unroutable", unroutable);
  client.publish("", topology.dead_letter_queue(), "gone",
                 letter(topology, "bad_value", "no_exchange"));
  client.publish("", topology.dead_letter_queue(), "unknown", {});
  REQUIRE(client.wait_for_confirms(seconds(10)));

  const Finished finished = dead_letters(topology, {"replay"});
  INFO(finished.output << finished.error_output);
  CHECK(describe_status(finished.status) == "exit status 0");
  CHECK(contains(finished.output, "4 replayed, 0 stay"));
  CHECK(contains(finished.output, "3 of them went straight to queue letters_lost_events"));
  const auto bodies = take_all(client, topology.queue());
  CHECK(std::set<std::string>(bodies.begin(), bodies.end()) ==
        std::set<std::string>{"routed", "unroutable", "gone", "unknown"});
  CHECK(bodies.size() == 4);
  CHECK(client.message_count(topology.dead_letter_queue()) == 0);
}

TEST_CASE("dead-letters replay: with nowhere to go all letters stay") {
  TestTopology topology("letters_nowhere");
  AmqpClient client = fill(topology, {{"a", "bad_value"}, {"b", "bad_value"}});
  const Finished finished = dead_letters(topology, {"replay"});
  INFO(finished.output << finished.error_output);
  CHECK(describe_status(finished.status) == "exit status 78");
  CHECK(contains(finished.output, "0 replayed, 2 stay"));
  CHECK(contains(finished.error_output, "queue letters_nowhere_events does not exist"));
  CHECK(wait_until([&] { return client.message_count(topology.dead_letter_queue()) == 2; },
                   seconds(10)));
}

TEST_CASE("dead-letters replay under a running service ends, though its letters come back dead") {
  TestTopology topology("letters_again");
  topology.declare_topology();
  Service service(topology.environment());
  REQUIRE(service.wait_consuming(2));
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, 300,
                    [](std::uint64_t id) { return "rubbish " + std::to_string(id); });
  const auto all_dead = [&] { return client.message_count(topology.dead_letter_queue()) == 300; };
  REQUIRE(wait_until(all_dead, seconds(20)));

  const Finished finished = dead_letters(topology, {"replay"});
  INFO(finished.output << finished.error_output);
  CHECK(describe_status(finished.status) == "exit status 0");
  CHECK(contains(finished.output, "300 replayed"));
  CHECK(wait_until(all_dead, seconds(20)));
}

TEST_CASE("dead-letters replay, killed in the middle, loses none") {
  TestTopology topology("letters_kill");
  topology.declare_topology();
  constexpr std::size_t kLetters = 20'000;
  std::vector<std::pair<std::string, std::string>> letters;
  for (std::size_t i = 0; i < kLetters; ++i) letters.emplace_back(std::to_string(i), "bad_value");
  AmqpClient client = fill(topology, letters);

  Service replaying(topology.environment(), {"dead-letters", "replay"});
  REQUIRE(wait_until([&] { return client.message_count(topology.queue()) > 1'000; }, seconds(30)));
  replaying.send(SIGKILL);
  CHECK(replaying.wait_exit_status(seconds(10)) == std::nullopt);
  INFO(replaying.log());
  // The broker gives back what the dead process held.
  CHECK(wait_until(
      [&] {
        return client.message_count(topology.dead_letter_queue()) +
                   client.message_count(topology.queue()) >=
               kLetters;
      },
      seconds(20)));
  CHECK(client.message_count(topology.dead_letter_queue()) > 0);

  const Finished rest = dead_letters(topology, {"replay"});
  INFO(rest.output << rest.error_output);
  CHECK(describe_status(rest.status) == "exit status 0");
  const auto bodies = take_all(client, topology.queue());
  CHECK(std::set<std::string>(bodies.begin(), bodies.end()).size() == kLetters);
  // At most the round under way comes twice.
  CHECK(bodies.size() <= kLetters + 200);
  CHECK(client.message_count(topology.dead_letter_queue()) == 0);
}

TEST_CASE("dead-letters drop removes those of the reason and says how many") {
  TestTopology topology("letters_drop");
  AmqpClient client = fill(topology, {{"a", "bad_value"}, {"b", "not_json"}, {"c", "bad_value"}});
  CHECK(contains(dead_letters(topology, {"drop", "--reason", "too_deep"}).output,
                 "0 dropped, 3 stay"));
  CHECK(contains(dead_letters(topology, {"drop", "--reason", "bad_value"}).output,
                 "2 dropped, 1 stay in queue letters_drop_events.dead"));
  CHECK(take_all(client, topology.dead_letter_queue()) == std::vector<std::string>{"b"});
  CHECK(describe_status(dead_letters(topology, {"drop", "--reason", ""}).status) ==
        "exit status 64");
}

TEST_CASE("dead-letters says when there is no such queue, or none at all") {
  TestTopology topology("letters_none");
  const Finished absent = dead_letters(topology, {"list"});
  CHECK(describe_status(absent.status) == "exit status 78");
  CHECK(contains(absent.error_output, "there is no queue letters_none_events.dead"));
  const Finished none = dead_letters(topology, {"list", "--dead-letter-queue", ""});
  CHECK(describe_status(none.status) == "exit status 78");
  CHECK(contains(none.error_output, "--dead-letter-queue is empty"));
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = "amqp://app:letters-secret-9@127.0.0.1:1/";
  const Finished unreachable = run_program(environment, {"dead-letters", "drop"});
  CHECK(describe_status(unreachable.status) == "exit status 69");
  CHECK(contains(unreachable.error_output, "cannot connect to RabbitMQ 127.0.0.1:1"));
  CHECK_FALSE(contains(unreachable.error_output, "letters-secret-9"));
}

}  // namespace event_consumer::testing
