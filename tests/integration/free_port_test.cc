// The ports of the tests' own servers: programs of tests run side by side.
#include "tests/support/free_port.h"

#include <iostream>
#include <set>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/process.h"

namespace event_consumer::testing {
namespace {

// So many of 17 000 that two programs that know nothing of each other meet.
constexpr int kMany = 300;
constexpr char kAnother[] = "free ports: those that another program is given";

}  // namespace

TEST_CASE(kAnother, "[.]") {
  for (int i = 0; i < kMany; ++i) std::cout << "port " << free_port() << std::endl;
}

TEST_CASE("free ports: no two programs that run are given the same") {
  std::set<int> given;
  for (int i = 0; i < kMany; ++i) given.insert(free_port());
  REQUIRE(given.size() == kMany);
  Command command;
  command.argv = {"/proc/self/exe", kAnother};
  const Finished another = run(command, std::chrono::seconds(30));
  std::istringstream words(another.output);
  int seen = 0;
  for (std::string word; words >> word;)
    if (int port = 0; word == "port" && words >> port) seen += given.insert(port).second ? 1 : 0;
  INFO(another.output);
  CHECK(seen == kMany);
}

}  // namespace event_consumer::testing
