#include "supervisor/status/screen.h"

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

// Reads what a terminal is sent, until it holds `awaited` or its other end is gone.
std::string read_until(int terminal, const std::string& awaited) {
  std::string seen;
  std::array<char, 4096> bytes;
  for (ssize_t count; (count = read(terminal, bytes.data(), bytes.size())) > 0;) {
    seen.append(bytes.data(), static_cast<std::size_t>(count));
    if (!awaited.empty() && contains(seen, awaited)) break;
  }
  return seen;
}

TEST_CASE("screen: lines are cut to the terminal, and a signal gives the cursor back") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    winsize size{};
    size.ws_row = 3;
    size.ws_col = 10;
    int terminal = -1;
    const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
    REQUIRE(child >= 0);
    if (child == 0) {
      Screen screen;
      screen.draw("one\nthe second line\nthree\nfour\n");
      for (;;) ::pause();
    }
    const std::string drawn = read_until(terminal, "three");
    INFO(drawn);
    CHECK(contains(drawn, "\x1b[?25l"));
    CHECK(contains(drawn, "the secon…"));
    kill(child, number);
    const std::string rest = read_until(terminal, "");
    CHECK(ends_with(rest, "\x1b[?25h"));
    CHECK_FALSE(contains(rest, "four"));
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == number);
    close(terminal);
  }
}

}  // namespace
}  // namespace event_consumer
