#include "supervisor/child_process.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace event_consumer {

namespace {

enum class Step { kFork, kDeathSignal, kDescriptors, kSignalMask, kExec };

// What the child writes to the report pipe when it cannot become the program.
struct Failure {
  Step step;
  int error;
};

Error to_error(const Failure& failure, const std::string& path) {
  std::string step;
  switch (failure.step) {
    case Step::kFork:
      step = "fork";
      break;
    case Step::kDeathSignal:
      step = "prctl(PR_SET_PDEATHSIG)";
      break;
    case Step::kDescriptors:
      step = "fcntl of an inherited descriptor";
      break;
    case Step::kSignalMask:
      step = "sigprocmask";
      break;
    case Step::kExec:
      step = "execve " + path;
      break;
  }
  return {ErrorKind::kInternal, fmt::format("{}: {}", step, std::strerror(failure.error))};
}

// The vector form that execve(2) wants.
std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Runs in the child, so only async-signal-safe calls, and no memory is taken. Returns only on
// failure.
Failure become(const ChildCommand& command, char* const* arguments, char* const* environment,
               pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return {Step::kDeathSignal, errno};
  // The parent may have died before the line above; then the signal never comes.
  if (getppid() != parent) _exit(to_int(ExitCode::kInternal));

  // Handlers fall with exec, but an ignored signal stays ignored. For SIGKILL, SIGSTOP and those
  // that the C library keeps for itself the call fails, and may.
  for (int signal = 1; signal <= SIGRTMAX; ++signal) std::signal(signal, SIG_DFL);

  // For those that we inherited ourselves; our own are closed on exec anyway, so that an old
  // kernel's ENOSYS does not matter.
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  for (int fd : command.inherited_fds)
    if (fcntl(fd, F_SETFD, 0) != 0) return {Step::kDescriptors, errno};

  if (sigprocmask(SIG_SETMASK, &command.signal_mask, nullptr) != 0)
    return {Step::kSignalMask, errno};
  execve(command.path.c_str(), arguments, environment);
  return {Step::kExec, errno};
}

ssize_t read_again_if_interrupted(int fd, void* into, size_t size) {
  ssize_t got;
  do got = read(fd, into, size);
  while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

Result<pid_t> start_child(const ChildCommand& command) {
  std::vector<std::string> argument_strings = {
      command.name.empty() ? command.path.substr(command.path.rfind('/') + 1) : command.name};
  argument_strings.insert(argument_strings.end(), command.arguments.begin(),
                          command.arguments.end());
  std::vector<std::string> environment_strings = command.environment;
  const std::vector<char*> arguments = pointers_to(argument_strings);
  const std::vector<char*> environment = pointers_to(environment_strings);

  Result<Pipe> report = open_pipe();
  if (!report) return report.error();

  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return to_error({Step::kFork, errno}, command.path);
  if (pid == 0) {
    const Failure failure = become(command, arguments.data(), environment.data(), parent);
    // Shorter than PIPE_BUF, so whole or not at all; without it our exit status still says so.
    [[maybe_unused]] const ssize_t written =
        write(report->write_end.get(), &failure, sizeof failure);
    _exit(to_int(ExitCode::kInternal));
  }

  report->write_end.reset();
  Failure failure;
  // The end of the pipe means that execve closed it, or a death, which reap_child() will report.
  if (read_again_if_interrupted(report->read_end.get(), &failure, sizeof failure) != sizeof failure)
    return pid;
  waitpid(pid, nullptr, 0);
  return to_error(failure, command.path);
}

std::optional<EndedChild> reap_child() {
  int wait_status;
  const pid_t pid = waitpid(-1, &wait_status, WNOHANG);
  if (pid <= 0) return std::nullopt;
  return EndedChild{pid, death_from_wait_status(wait_status)};
}

Result<Pipe> open_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return Error{ErrorKind::kInternal, fmt::format("pipe: {}", std::strerror(errno))};
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void occupy_standard_descriptors() {
  int fd;
  do fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) close(fd);
}

}  // namespace event_consumer
