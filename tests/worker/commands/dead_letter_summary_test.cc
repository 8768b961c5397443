#include "worker/commands/dead_letter_summary.h"

#include <algorithm>

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

DeadLetterFacts letter(const std::string& reason, const std::string& column,
                       const std::string& error, const std::string& time = "") {
  DeadLetterFacts facts;
  facts.reason = reason;
  facts.column = column;
  facts.error = error;
  facts.time = time;
  return facts;
}

}  // namespace

TEST_CASE("a summary of dead letters counts by reason and column, the most frequent first") {
  DeadLetterSummary summary;
  CHECK(summary.to_lines().empty());
  summary.add(letter("not_json", "", "Invalid value at byte 0"));
  summary.add(letter("bad_value", "id", "id: \"x\" is not an UInt64"));
  summary.add(letter("bad_value", "day", "day: \"x\" is not a Date"));
  summary.add(letter("bad_value", "id", "id: \"y\" is not an UInt64"));
  summary.add(letter("", "", ""));
  CHECK(summary.to_lines() ==
        "        2  bad_value  column id  such as: id: \"y\" is not an UInt64\n"
        "        1  (no reason)\n"
        "        1  bad_value  column day  such as: day: \"x\" is not a Date\n"
        "        1  not_json  such as: Invalid value at byte 0\n");
}

TEST_CASE("a summary of dead letters as JSON says when the first and the last were written") {
  DeadLetterSummary summary;
  summary.add(letter("bad_value", "a\"b", "first", "2025-12-19T10:20:30Z"));
  summary.add(letter("bad_value", "a\"b", "second\n", "2025-12-20T10:20:30Z"));
  CHECK(summary.to_json_lines() ==
        R"({"count":2,"reason":"bad_value","column":"a\"b","oldest":"2025-12-19T10:20:30Z",)"
        R"("latest":"2025-12-20T10:20:30Z","error":"second\u000a"})"
        "\n");
}

TEST_CASE("a summary of dead letters goes by their times, in whatever order they come") {
  DeadLetterSummary summary;
  summary.add(letter("not_json", "", "middle", "2025-12-20T10:20:30Z"));
  summary.add(letter("not_json", "", "latest", "2025-12-21T10:20:30Z"));
  summary.add(letter("not_json", "", "oldest", "2025-12-19T10:20:30Z"));
  summary.add(letter("not_json", "", "without a time"));
  CHECK(summary.to_json_lines() ==
        R"({"count":4,"reason":"not_json","column":"","oldest":"2025-12-19T10:20:30Z",)"
        R"("latest":"2025-12-21T10:20:30Z","error":"latest"})"
        "\n");
}

TEST_CASE("a summary of dead letters is short whatever their headers say") {
  DeadLetterSummary summary;
  for (int i = 0; i < 5000; ++i) summary.add(letter("r" + std::to_string(i), "", "e"));
  const std::string lines = summary.to_lines();
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 1001);
  CHECK(starts_with(lines, "     4000  (others)  such as: e\n"));
  summary.add(letter("\x1b[31m" + std::string(9000, 'x'), "", std::string(9000, 'x')));
  CHECK(summary.to_lines().find('\x1b') == std::string::npos);
}

}  // namespace event_consumer
