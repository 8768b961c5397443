#include "supervisor/death.h"

#include <csignal>
#include <cstdlib>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

std::string exited(int status) { return format({Death::Kind::kExited, status}); }

TEST_CASE("death: the words for an exit status", "[death]") {
  CHECK(exited(0) == "exited with status 0 (done)");
  CHECK(exited(64) == "exited with status 64 (a bad option or configuration file)");
  CHECK(exited(69) == "exited with status 69 (a server could not be reached)");
  CHECK(exited(70) == "exited with status 70 (an internal error)");
  CHECK(exited(78) == "exited with status 78 (a server refuses what the configuration asks for)");
  CHECK(exited(127) == "exited with status 127");
}

TEST_CASE("death: the words for a signal", "[death]") {
  CHECK(format({Death::Kind::kKilled, SIGKILL}) == "killed by signal 9 (KILL)");
  CHECK(format({Death::Kind::kKilled, SIGSEGV}) == "killed by signal 11 (SEGV)");
  CHECK(format_signal(SIGRTMIN) == "signal " + std::to_string(SIGRTMIN));
  CHECK(format({Death::Kind::kNotStarted, 0}) == "not started");
}

TEST_CASE("death: from what wait says", "[death]") {
  const Death by_itself = death_from_wait_status(std::system("exit 78"));
  CHECK(by_itself.kind == Death::Kind::kExited);
  CHECK(by_itself.number == 78);
  const Death by_signal = death_from_wait_status(SIGTERM);
  CHECK(by_signal.kind == Death::Kind::kKilled);
  CHECK(by_signal.number == SIGTERM);
}

}  // namespace
}  // namespace event_consumer
