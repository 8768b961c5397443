// `event-consumer dead-letters` on quorum queues, which count each look as a return and drop what
// has come back too often.
#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/dead_letters.h"
#include "tests/support/service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

std::size_t count_lines(const std::string& text) { return count_occurrences(text, "\n"); }

}  // namespace

// Each look is a return, which such a queue counts.
TEST_CASE("dead-letters: a delivery limit takes none, however often they are looked at") {
  constexpr std::int64_t kLimit = 2;
  TestTopology topology("letters_limit");
  AmqpClient client = fill_dead_letters(
      topology, {{"one", "not_json"}, {"two", "bad_value"}, {"three", "bad_value"}},
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
  AmqpClient client = fill_dead_letters(
      topology, {{"one", "not_json"}},
      {{"x-queue-type", std::string("quorum")}, {"x-delivery-limit", std::int64_t(0)}});
  const Finished list = dead_letters(topology, {"list"});
  INFO(list.output << list.error_output);
  CHECK(describe_status(list.status) == "exit status 78");
  CHECK(contains(list.error_output, "drops what comes back to it"));
  CHECK(contains(run_program(topology.environment(), {"check"}).output, "and cannot be listed"));
  CHECK(client.message_count(topology.dead_letter_queue()) == 1);
}

// Behind such a name RabbitMQ's words have no room for the limit of the queue.
TEST_CASE("dead-letters: a delivery limit of a queue with a long name takes none") {
  TestTopology topology("letters_long_" + std::string(150, 'x'));
  AmqpClient client = fill_dead_letters(
      topology, {{"one", "not_json"}, {"two", "bad_value"}},
      {{"x-queue-type", std::string("quorum")}, {"x-delivery-limit", std::int64_t(2)}});
  for (int look = 0; look < 6; ++look) {
    REQUIRE(wait_until([&] { return client.message_count(topology.dead_letter_queue()) == 2; },
                       seconds(30)));
    const Finished list = dead_letters(topology, {"list"});
    INFO("look " << look << ": " << list.output << list.error_output);
    CHECK(contains(list.output, "2 shown"));
  }
}

TEST_CASE("dead-letters: a delivery limit that the user may not ask for takes none") {
  TestTopology topology("letters_rights");
  AmqpClient client = fill_dead_letters(
      topology, {{"one", "not_json"}},
      {{"x-queue-type", std::string("quorum")}, {"x-delivery-limit", std::int64_t(2)}});
  rabbitmq().ctl({"add_user", "letters", "reader"});
  rabbitmq().ctl({"set_permissions", "letters", "^$", ".*", ".*"});
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = rabbitmq().url("/", "letters", "reader");
  for (int look = 0; look < 6; ++look) {
    REQUIRE(wait_until([&] { return client.message_count(topology.dead_letter_queue()) == 1; },
                       seconds(30)));
    const Finished list = run_program(environment, {"dead-letters", "list"});
    INFO("look " << look << ": " << list.output << list.error_output);
    CHECK(contains(list.output, "1 shown"));
  }
  rabbitmq().ctl({"delete_user", "letters"});
}

TEST_CASE("check: a dead-letter queue that drops letters by itself is named") {
  const std::int64_t long_time = 600'000;
  TestTopology dropping("letters_dropped");
  fill_dead_letters(dropping, {},
                    {{"x-message-ttl", long_time},
                     {"x-expires", long_time},
                     {"x-max-length", std::int64_t(100)},
                     {"x-queue-mode", std::string("lazy")}});
  CHECK(contains(run_program(dropping.environment(), {"check"}).output,
                 "was declared with x-expires 600000, x-message-ttl 600000, x-max-length 100: it "
                 "drops letters"));

  TestTopology refusing("letters_refused");
  fill_dead_letters(refusing, {},
                    {{"x-queue-type", std::string("quorum")},
                     {"x-max-length", std::int64_t(100)},
                     {"x-overflow", std::string("reject-publish")}});
  const std::string checked = run_program(refusing.environment(), {"check"}).output;
  INFO(checked);
  CHECK(contains(checked, refusing.dead_letter_queue() + ": exists"));
  CHECK_FALSE(contains(checked, "it drops letters"));
}

}  // namespace event_consumer::testing
