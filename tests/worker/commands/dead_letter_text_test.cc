#include "worker/commands/dead_letter_text.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

const DeadLetterFacts kFacts = {"bad_value", "n: \"x\" is not a UInt8", "n", "1", "events",
                                "click",     "2025-12-19T10:20:30Z"};

TEST_CASE("dead-letter text: the facts first, the body below", "[dead_letter_text]") {
  CHECK(to_lines(kFacts, "{\"n\": \"x\"}") ==
        "2025-12-19T10:20:30Z  bad_value  n: \"x\" is not a UInt8\n    {\"n\": \"x\"}\n");
}

TEST_CASE("dead-letter text: a column that the error does not begin with is named",
          "[dead_letter_text]") {
  DeadLetterFacts facts = kFacts;
  facts.error = "does not fit";
  CHECK(to_lines(facts, "x") == "2025-12-19T10:20:30Z  bad_value  column n  does not fit\n    x\n");
}

TEST_CASE("dead-letter text: a letter that says nothing", "[dead_letter_text]") {
  CHECK(to_lines({}, "") == "(no time)  (no reason)\n    (empty body)\n");
  CHECK(to_json_line({}, "") ==
        "{\"time\":\"\",\"reason\":\"\",\"column\":\"\",\"event\":\"\",\"error\":\"\",\"exchange\":"
        "\"\","
        "\"routing_key\":\"\",\"body\":\"\"}\n");
}

TEST_CASE("dead-letter text: only the start of a long body", "[dead_letter_text]") {
  const std::string lines = to_lines(kFacts, std::string(10'000, 'x'));
  CHECK(lines.size() < 300);
  CHECK(lines.find("xxx…\n") != std::string::npos);
}

TEST_CASE("dead-letter text: JSON holds the whole body", "[dead_letter_text]") {
  const std::string start =
      "{\"time\":\"2025-12-19T10:20:30Z\",\"reason\":\"bad_value\",\"column\":\"n\",\"event\":"
      "\"1\","
      "\"error\":\"n: \\\"x\\\" is not a "
      "UInt8\",\"exchange\":\"events\",\"routing_key\":\"click\",";
  CHECK(to_json_line(kFacts, "{\"n\":\n1}") == start + "\"body\":\"{\\\"n\\\":\\u000a1}\"}\n");
  CHECK(to_json_line(kFacts, "t\xff") == start + "\"body_base64\":\"dP8=\"}\n");
}

}  // namespace
}  // namespace event_consumer
