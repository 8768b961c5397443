#include "supervisor/child_process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/supervisor/process_tools.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

ChildCommand shell(const std::string& script) {
  ChildCommand command = {"/bin/sh", {"-c", script}, {"PATH=/usr/bin:/bin"}, {}, {}};
  sigemptyset(&command.signal_mask);
  return command;
}

TEST_CASE("child process: executes the program with its arguments and environment",
          "[child_process]") {
  PrivateDirectory directory;
  ChildCommand command = shell("echo \"$0|$1|$WORD\" >$OUT; exit 7");
  command.arguments.insert(command.arguments.end(), {"zero", "one two"});
  command.environment.insert(command.environment.end(), {"WORD=a=b", "OUT=" + (directory / "out")});
  const Result<pid_t> pid = start_child(command);
  REQUIRE(pid);
  const std::optional<int> status = wait_status_of(pid.value());
  REQUIRE(status);
  CHECK(WEXITSTATUS(*status) == 7);
  CHECK(read_file(directory / "out") == "zero|one two|a=b\n");
}

TEST_CASE("child process: a failed exec is told with its cause, and leaves no child",
          "[child_process]") {
  PrivateDirectory directory;
  const auto message_of = [](const std::string& path) {
    ChildCommand command = shell("");
    command.path = path;
    const Result<pid_t> pid = start_child(command);
    return pid ? "started" : pid.error().message;
  };
  const std::vector<pid_t> children = children_of(getpid());
  const std::vector<int> descriptors = open_descriptors(getpid());
  CHECK(message_of("/no/such") == "execve /no/such: No such file or directory");
  CHECK(message_of(directory.path()) == "execve " + directory.path() + ": Permission denied");
  CHECK(children_of(getpid()) == children);
  CHECK(open_descriptors(getpid()) == descriptors);
}

TEST_CASE("child process: a failed step before exec is told", "[child_process]") {
  ChildCommand command = shell("");
  command.inherited_fds = {12345};
  const Result<pid_t> pid = start_child(command);
  REQUIRE_FALSE(pid);
  CHECK(pid.error().message == "fcntl of an inherited descriptor: Bad file descriptor");
  CHECK(pid.error().kind == ErrorKind::kInternal);
}

TEST_CASE("child process: no descriptors left is told", "[child_process]") {
  CHECK(exit_status_in_child([] {
          const rlimit none = {3, 3};
          setrlimit(RLIMIT_NOFILE, &none);
          const Result<pid_t> pid = start_child(shell(""));
          return !pid && pid.error().message == "pipe: Too many open files" ? 0 : 1;
        }) == 0);
}

TEST_CASE("child process: inherits the descriptors that are named and no others",
          "[child_process]") {
  const int stray = fcntl(STDIN_FILENO, F_DUPFD, 50);
  const int wanted = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 60);
  ChildCommand command = shell("exec sleep 60");
  command.inherited_fds = {wanted};
  const Result<pid_t> pid = start_child(command);
  REQUIRE(pid);
  CHECK(eventually([&] { return executes(pid.value(), "sleep"); }));
  // It opens and closes some of its own while it starts.
  const std::vector<int> expected = {0, 1, 2, wanted};
  CHECK(eventually([&] { return open_descriptors(pid.value()) == expected; }));
  kill(pid.value(), SIGKILL);
  CHECK(wait_status_of(pid.value()));
  close(stray);
  close(wanted);
}

TEST_CASE("child process: has the given signal mask and default dispositions", "[child_process]") {
  const auto before = std::signal(SIGUSR1, SIG_IGN);
  ChildCommand command = shell("exec sleep 60");
  sigaddset(&command.signal_mask, SIGUSR2);
  const Result<pid_t> pid = start_child(command);
  std::signal(SIGUSR1, before);
  REQUIRE(pid);
  CHECK(eventually([&] { return executes(pid.value(), "sleep"); }));
  CHECK(std::stoull(proc_status(pid.value(), "SigBlk"), nullptr, 16) == 1ULL << (SIGUSR2 - 1));
  CHECK(ignored_signals(pid.value()) == 0);
  kill(pid.value(), SIGKILL);
  CHECK(wait_status_of(pid.value()));
}

TEST_CASE("child process: reaps what has ended, and never waits", "[child_process]") {
  CHECK(exit_status_in_child([] {
          if (reap_child()) return 1;
          const Result<pid_t> lasting = start_child(shell("exec sleep 60"));
          const Result<pid_t> brief = start_child(shell("exit 69"));
          if (!lasting || !brief) return 2;
          std::optional<EndedChild> ended;
          if (!eventually([&] { return (ended = reap_child()).has_value(); })) return 3;
          if (ended->pid != brief.value() || ended->death.number != 69) return 4;
          if (reap_child()) return 5;
          kill(lasting.value(), SIGKILL);
          if (!eventually([&] { return (ended = reap_child()).has_value(); })) return 6;
          if (ended->death.kind != Death::Kind::kKilled || ended->death.number != SIGKILL) return 7;
          return 0;
        }) == 0);
}

TEST_CASE("child process: closed standard descriptors are occupied", "[child_process]") {
  CHECK(exit_status_in_child([] {
          const std::vector<int> before = open_descriptors(getpid());
          close(STDIN_FILENO);
          close(STDERR_FILENO);
          occupy_standard_descriptors();
          return open_descriptors(getpid()) == before ? 0 : 1;
        }) == 0);
}

}  // namespace
}  // namespace event_consumer::testing
