#include "supervisor/status_child.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "supervisor/listen.h"
#include "tests/supervisor/process_tools.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

// Each in a child of the test program. Its status child executes this very program, which knows
// no --serve-status and ends: that is enough to see it started, restarted and stopped.
#define HOLDS(condition) \
  if (!(condition)) return __LINE__ % 256

class Fixture {
 public:
  Fixture() : child(STDERR_FILENO, mask()) {}

  bool serve() {
    if (!child.serve({"127.0.0.1", 0}, {"A=b"}, now)) return false;
    child.act(now);
    return child.running();
  }

  // Waits for the end of the process. False when none came.
  bool take_end() {
    std::optional<EndedChild> ended;
    if (!eventually([&] { return (ended = reap_child()).has_value(); })) return false;
    return child.ended(*ended, now);
  }

  StatusChild child;
  TimePoint now = Clock::now();

 private:
  static sigset_t mask() {
    // What it prints about its arguments is nobody's business.
    freopen("/dev/null", "w", stdout);
    freopen("/dev/null", "w", stderr);
    sigset_t none;
    sigemptyset(&none);
    return none;
  }
};

void log_to(const std::string& path) {
  freopen(path.c_str(), "w", stderr);
  log::set_up("supervisor", log::Level::info);
}

// Who writes there waits.
Pipe full_pipe() {
  auto pipe = open_pipe();
  const int fd = pipe.value().write_end.get();
  fcntl(fd, F_SETFL, O_NONBLOCK);
  const std::string page(4096, ' ');
  while (write(fd, page.data(), page.size()) > 0) {
  }
  fcntl(fd, F_SETFL, 0);
  return std::move(*pipe);
}

int unused_port() {
  const auto listening = listen_on({"127.0.0.1", 0});
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listening.value().get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

TEST_CASE("status child: nothing is served before there is a socket", "[status_child]") {
  CHECK(exit_status_in_child([] {
          Fixture fixture;
          fixture.child.renew({}, fixture.now);
          fixture.child.act(fixture.now);
          HOLDS(!fixture.child.running() && !fixture.child.deadline());
          return 0;
        }) == 0);
}

TEST_CASE("status child: one that dies is started again, later and later", "[status_child]") {
  CHECK(exit_status_in_child([] {
          Fixture fixture;
          HOLDS(fixture.serve());
          Duration longest{};
          for (int i = 0; i < 5; ++i) {
            HOLDS(fixture.take_end());
            HOLDS(!fixture.child.running() && fixture.child.deadline());
            longest = std::max(longest, *fixture.child.deadline() - fixture.now);
            fixture.child.act(fixture.now);
            HOLDS(!fixture.child.running());
            fixture.now = *fixture.child.deadline();
            fixture.child.act(fixture.now);
            HOLDS(fixture.child.running() && !fixture.child.deadline());
          }
          HOLDS(longest >= std::chrono::milliseconds(800));
          HOLDS(fixture.take_end());
          return 0;
        }) == 0);
}

TEST_CASE("status child: systemd, which asks all to end at a stop, is no reason to warn",
          "[status_child]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          Fixture fixture;
          log_to(directory / "log");
          HOLDS(fixture.serve());
          std::optional<EndedChild> ended;
          HOLDS(eventually([&] { return (ended = reap_child()).has_value(); }));
          HOLDS(fixture.child.ended({ended->pid, {Death::Kind::kExited, 0}}, fixture.now));
          HOLDS(fixture.child.deadline());
          HOLDS(read_file(directory / "log").find("warning") == std::string::npos);
          return 0;
        }) == 0);
}

TEST_CASE("status child: new options mean a new process at once", "[status_child]") {
  CHECK(exit_status_in_child([] {
          Fixture fixture;
          HOLDS(fixture.serve());
          fixture.child.renew({"A=c"}, fixture.now);
          HOLDS(fixture.take_end());
          HOLDS(fixture.child.deadline() == fixture.now);
          fixture.child.act(fixture.now);
          HOLDS(fixture.child.running());
          fixture.child.stop();
          HOLDS(fixture.take_end());
          return 0;
        }) == 0);
}

TEST_CASE("status child: after a stop there is no other, until it is to serve again",
          "[status_child]") {
  CHECK(exit_status_in_child([] {
          Fixture fixture;
          HOLDS(fixture.serve());
          fixture.child.stop();
          HOLDS(fixture.take_end());
          HOLDS(!fixture.child.deadline());
          fixture.child.renew({}, fixture.now);
          HOLDS(!fixture.child.deadline());
          HOLDS(fixture.serve());
          fixture.child.stop();
          HOLDS(fixture.take_end());
          HOLDS(!fixture.child.deadline());
          return 0;
        }) == 0);
}

TEST_CASE("status child: one that stands still ends all the same", "[status_child]") {
  const bool for_new_options = GENERATE(true, false);
  CHECK(exit_status_in_child([&] {
          Fixture fixture;
          const Pipe full = full_pipe();
          dup2(full.write_end.get(), STDOUT_FILENO);
          dup2(full.write_end.get(), STDERR_FILENO);
          HOLDS(fixture.serve());
          const pid_t process = children_of(getpid()).at(0);
          kill(process, SIGSTOP);
          HOLDS(eventually([&] { return proc_status(process, "State") == "T (stopped)"; }));
          if (for_new_options)
            fixture.child.renew({}, fixture.now);
          else
            fixture.child.stop();
          const bool has_ended = fixture.take_end();
          kill(process, SIGKILL);
          HOLDS(has_ended);
          HOLDS(fixture.child.deadline().has_value() == for_new_options);
          return 0;
        }) == 0);
}

TEST_CASE("status child: a reload takes the address, or keeps the one that it has",
          "[status_child]") {
  CHECK(exit_status_in_child([] {
          log::set_level(log::Level::critical);
          Fixture fixture;
          const HostPort bad{"no such host", 1};
          fixture.child.reload(bad, {}, fixture.now);
          HOLDS(!fixture.child.deadline());
          HOLDS(fixture.serve());
          fixture.child.reload(bad, {}, fixture.now);
          HOLDS(fixture.take_end());
          HOLDS(fixture.child.deadline() == fixture.now);
          fixture.child.reload(std::nullopt, {}, fixture.now);
          HOLDS(!fixture.child.deadline() && !fixture.child.running());
          fixture.child.reload(HostPort{"127.0.0.1", 0}, {}, fixture.now);
          HOLDS(fixture.child.deadline() == fixture.now);
          return 0;
        }) == 0);
}

TEST_CASE("status child: an address that our own socket is in the way of is taken all the same",
          "[status_child]") {
  const PrivateDirectory directory;
  CHECK(exit_status_in_child([&] {
          Fixture fixture;
          log_to(directory / "log");
          const int port = unused_port();
          HOLDS(fixture.child.serve({"127.0.0.1", port}, {}, fixture.now).ok());
          fixture.child.reload(HostPort{"127.1", port}, {}, fixture.now);
          HOLDS(read_file(directory / "log").empty());
          // What cannot be had leaves it listening where it was.
          fixture.child.reload(HostPort{"192.0.2.1", port}, {}, fixture.now);
          HOLDS(!read_file(directory / "log").empty());
          HOLDS(!listen_on({"127.0.0.1", port}).ok());
          return 0;
        }) == 0);
}

TEST_CASE("status child: the end of another is not its business", "[status_child]") {
  CHECK(exit_status_in_child([] {
          Fixture fixture;
          const EndedChild other{1, {Death::Kind::kExited, 0}};
          HOLDS(!fixture.child.ended(other, fixture.now));
          HOLDS(fixture.serve());
          HOLDS(!fixture.child.ended(other, fixture.now));
          HOLDS(fixture.child.running());
          fixture.child.stop();
          HOLDS(fixture.take_end());
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace event_consumer::testing
