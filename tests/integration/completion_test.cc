// The completion of bash, by bash: what it offers is what the program takes.
#include <unistd.h>

#include <sstream>

#include "common/option_table.h"
#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/service.h"

namespace event_consumer::testing {
namespace {

// What is offered for the last of `words`.
std::vector<std::string> offered(const std::string& words) {
  const std::string script =
      "export PATH=$PWD/build:$PATH; source packaging/completion/event-consumer.bash; compopt() { "
      ":; "
      "}; COMP_WORDS=(event-consumer " +
      words +
      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _event_consumer; printf '%s\\n' "
      "\"${COMPREPLY[@]}\"";
  const Finished finished = run({{"bash", "-c", script}}, std::chrono::seconds(30));
  INFO(finished.error_output);
  CHECK(finished.ok());
  std::vector<std::string> all;
  std::istringstream lines(finished.output);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) all.push_back(line);
  return all;
}

}  // namespace

TEST_CASE("completion: bash offers every flag and command, and what a command takes") {
  const auto all = offered("''");
  for (const OptionRow& row : option_table())
    if (row.flag != nullptr) CHECK(contains(all, std::string("--") + row.flag));
  for (const char* word :
       {"check", "status", "dead-letters", "--config", "--instance", "--print-config"})
    CHECK(contains(all, word));
  CHECK(contains(offered("check --s"), "--strict"));
  CHECK(contains(offered("check --s"), "--sample"));
  CHECK(contains(offered("status --"), "--watch"));
  CHECK(contains(offered("dead-letters ''"), "replay"));
  CHECK(contains(offered("dead-letters list --"), "--summary"));
  CHECK(offered("--log-format ''") == std::vector<std::string>{"text", "json"});
  // Nobody can guess a queue, also behind a command.
  CHECK(offered("--rabbitmq-queue ''").empty());
  CHECK(offered("check --rabbitmq-queue ''").empty());
}

}  // namespace event_consumer::testing
