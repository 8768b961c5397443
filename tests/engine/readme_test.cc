// The statements for a newer ClickHouse in «Your own queue in five minutes» of README.md. Packaging
// tests run the other commands there, on Debian's, which knows no users in SQL.
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/files.h"

namespace event_consumer::testing {
namespace {

// Of all blocks for clickhouse-client, in order.
std::vector<std::string> statements_of_readme() {
  std::istringstream lines(read_file("README.md"));
  std::string text;
  bool is_inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "    END") is_inside = false;
    if (is_inside) text += line + "\n";
    if (line == "    clickhouse-client --multiquery <<'END'") is_inside = true;
  }
  std::vector<std::string> statements;
  std::istringstream texts(text);
  for (std::string statement; std::getline(texts, statement, ';');)
    if (statement.find_first_not_of("\n ") != std::string::npos) statements.push_back(statement);
  return statements;
}

// The engine's own user may create no others: it reads such a statement, and refuses (497), or does
// not find whom it is about (511).
std::string answer_to(const std::string& statement) {
  try {
    engine().query(statement);
  } catch (const std::runtime_error& error) {
    for (const char* code : {"Code: 497", "Code: 511"})
      if (contains(error.what(), code)) return "read";
    return error.what();
  }
  return "done";
}

}  // namespace

TEST_CASE("ClickHouse 26: the statements of README.md for a queue of one's own are taken") {
  std::vector<std::string> answers;
  for (const std::string& statement : statements_of_readme())
    answers.push_back(answer_to(statement));
  engine().query("DROP DATABASE plant");
  CHECK(answers == std::vector<std::string>{"done", "done", "read", "read", "done"});
}

}  // namespace event_consumer::testing
