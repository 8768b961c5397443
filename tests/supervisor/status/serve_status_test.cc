#include "supervisor/status/serve_status.h"

#include <signal.h>
#include <unistd.h>

#include "common/scoreboard/scoreboard.h"
#include "supervisor/listen.h"
#include "tests/supervisor/process_tools.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

// A pause is for the workers: a status server that the kernel stops says nothing, and holds up the
// end of the instance.
TEST_CASE("serve status: signals of a terminal neither end nor stop it", "[status]") {
  auto listening = listen_on({"127.0.0.1", 0});
  auto board = Scoreboard::create();
  REQUIRE((listening && board));
  const pid_t pid = fork();
  if (pid == 0) {
    CommandLine command_line;
    command_line.listen_fd = listening->get();
    command_line.scoreboard_fd = board->fd();
    _exit(to_int(serve_status(command_line)));
  }
  const unsigned long long of_a_terminal = 1U << (SIGINT - 1) | 1U << (SIGTSTP - 1);
  CHECK(eventually([&] { return (ignored_signals(pid) & of_a_terminal) == of_a_terminal; }));
  CHECK(eventually([&] { return (signals_in(pid, "SigBlk") & 1U << (SIGTERM - 1)) != 0; }));
  kill(pid, SIGTERM);
  CHECK(wait_status_of(pid) == 0);
}

}  // namespace
}  // namespace event_consumer::testing
