// `event-consumer dead-letters`: looking changes nothing, replaying loses nothing, whatever happens
// in between.
#include <signal.h>

#include <set>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/dead_letters.h"
#include "tests/support/service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

std::size_t count_lines(const std::string& text) { return count_occurrences(text, "\n"); }

}  // namespace

TEST_CASE("dead-letters list shows them in order, and all of them stay as they are") {
  TestTopology topology("letters_list");
  AmqpClient client = fill_dead_letters(
      topology, {{"one", "not_json"}, {"two\x1b[2J", "bad_value"}, {"t\xff", "invalid_utf8"}});

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

TEST_CASE("dead-letters list counts them by reason and column, or shows those of one reason") {
  TestTopology topology("letters_summary");
  AmqpClient client = fill_dead_letters(
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
  AmqpClient client = fill_dead_letters(topology, {{"a", "bad_value"},
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

TEST_CASE("dead-letters replay: with nowhere to go all letters stay") {
  TestTopology topology("letters_nowhere");
  AmqpClient client = fill_dead_letters(topology, {{"a", "bad_value"}, {"b", "bad_value"}});
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
  AmqpClient client = fill_dead_letters(topology, letters);

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
  AmqpClient client =
      fill_dead_letters(topology, {{"a", "bad_value"}, {"b", "not_json"}, {"c", "bad_value"}});
  CHECK(contains(dead_letters(topology, {"drop", "--reason", "too_deep"}).output,
                 "0 dropped, 3 stay"));
  CHECK(contains(dead_letters(topology, {"drop", "--reason", "bad_value"}).output,
                 "2 dropped, 1 stay in queue letters_drop_events.dead"));
  CHECK(take_all(client, topology.dead_letter_queue()) == std::vector<std::string>{"b"});
  CHECK(describe_status(dead_letters(topology, {"drop", "--reason", ""}).status) ==
        "exit status 64");
}

TEST_CASE("slip: dead-letters drop of events") {
  TestTopology topology("letters_slip");
  AmqpClient client = fill_dead_letters(topology, {{"rejected", "bad_value"}});
  MessageProperties expired;
  expired.headers["x-death"] = "expired";
  client.publish("", topology.dead_letter_queue(), "expired", expired);
  client.publish("", topology.dead_letter_queue(), R"({"id": 1})", {});
  client.publish("", topology.dead_letter_queue(), R"({"id": 2})", {});
  REQUIRE(client.wait_for_confirms(std::chrono::seconds(10)));
  const Finished finished = dead_letters(topology, {"drop"});
  INFO(finished.output << finished.error_output);
  CHECK(describe_status(finished.status) == "exit status 0");
  CHECK(contains(finished.output, "2 dropped, 2 stay in queue letters_slip_events.dead"));
  CHECK(contains(finished.output, "2 of these were rejected by nobody"));
  CHECK(take_all(client, topology.dead_letter_queue()) ==
        std::vector<std::string>{R"({"id": 1})", R"({"id": 2})"});
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
