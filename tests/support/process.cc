#include "tests/support/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "tests/support/wait.h"

namespace event_consumer::testing {

namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + std::strerror(error));
}

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// All that the child needs, made before the fork: behind it only async-signal-safe calls are
// allowed, because the test may have threads.
struct Launch {
  std::vector<char*> argv;
  std::vector<char*> environment;
  const char* working_directory;
  int input;
  int output;
  int error_output;
  int failure_pipe;
  pid_t parent;
  bool dies_with_parent;
};

[[noreturn]] void fail_in_child(const Launch& launch) {
  const int error = errno;
  // Nobody is left to hear of it when this write fails.
  [[maybe_unused]] const ssize_t written = write(launch.failure_pipe, &error, sizeof error);
  _exit(127);
}

[[noreturn]] void become(Launch& launch) {
  setsid();
  if (launch.dies_with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before the line above.
    if (getppid() != launch.parent) _exit(127);
  }
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (*launch.working_directory && chdir(launch.working_directory) != 0) fail_in_child(launch);
  dup2(launch.input, STDIN_FILENO);
  dup2(launch.output, STDOUT_FILENO);
  dup2(launch.error_output, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  environ = launch.environment.data();  // also where execvp looks for PATH
  execvp(launch.argv[0], launch.argv.data());
  fail_in_child(launch);
}

UniqueFd open_or_fail(const std::string& path, int flags) {
  UniqueFd file(open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (!file) fail("cannot open " + path, errno);
  return file;
}

std::string content_of(int fd) {
  struct stat facts {};
  if (fd < 0 || fstat(fd, &facts) != 0) return {};
  std::string content(static_cast<std::size_t>(facts.st_size), '\0');
  const ssize_t count = pread(fd, content.data(), content.size(), 0);
  content.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return content;
}

}  // namespace

Environment base_environment() {
  Environment environment{{"LANG", "C.UTF-8"}};
  for (const char* name :
       {"PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment[name] = value;
  }
  return environment;
}

std::string program_directory() {
  std::array<char, 4096> path;
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length < 0) fail("cannot read /proc/self/exe", errno);
  const std::string self(path.data(), static_cast<std::size_t>(length));
  return self.substr(0, self.rfind('/'));
}

ChildProcess::ChildProcess(const Command& command) {
  const UniqueFd input = open_or_fail("/dev/null", O_RDONLY);
  if (command.output_file.empty()) {
    output_ = UniqueFd(memfd_create("output", MFD_CLOEXEC));
    error_output_ = UniqueFd(memfd_create("error output", MFD_CLOEXEC));
  } else {
    output_ = open_or_fail(command.output_file, O_WRONLY | O_CREAT | O_APPEND);
  }
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) fail("pipe", errno);
  const UniqueFd failure_reader(pipe_ends[0]);
  UniqueFd failure_writer(pipe_ends[1]);

  std::vector<std::string> variables;
  for (const auto& [name, value] : command.environment) variables.push_back(name + '=' + value);
  Launch launch{pointers_to(command.argv),
                pointers_to(variables),
                command.working_directory.c_str(),
                input.get(),
                output_.get(),
                error_output_ ? error_output_.get() : output_.get(),
                failure_writer.get(),
                getpid(),
                command.dies_with_parent};
  pid_ = fork();
  if (pid_ < 0) fail("fork", errno);
  if (pid_ == 0) become(launch);

  failure_writer.reset();
  int error = 0;
  if (read(failure_reader.get(), &error, sizeof error) == sizeof error) {
    waitpid(pid_, nullptr, 0);
    fail("cannot start " + command.argv[0], error);
  }
}

ChildProcess::~ChildProcess() {
  if (leave_running_) return;
  kill(-pid_, SIGKILL);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void ChildProcess::send(int signal) {
  if (running()) kill(pid_, signal);
}

bool ChildProcess::has_exited() {
  if (status_) return true;
  siginfo_t info{};
  // WNOWAIT leaves the zombie, and with it the pid, to the destructor.
  waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  if (info.si_pid != pid_) return false;
  status_ =
      info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : W_EXITCODE(0, info.si_status);
  return true;
}

std::optional<int> ChildProcess::wait_exit(Duration timeout) {
  wait_undisturbed([this] { return has_exited(); }, timeout);
  return status_;
}

std::string ChildProcess::output() const {
  return error_output_ ? content_of(output_.get()) : std::string();
}

std::string ChildProcess::error_output() const { return content_of(error_output_.get()); }

Finished run(const Command& command, Duration timeout) {
  ChildProcess child(command);
  const std::optional<int> status = child.wait_exit(timeout);
  if (!status) {
    throw std::runtime_error(command.argv[0] + " did not end in time; it wrote: " + child.output() +
                             child.error_output());
  }
  return {*status, child.output(), child.error_output()};
}

std::string describe_status(int wait_status) {
  if (WIFSIGNALED(wait_status)) return "killed by signal " + std::to_string(WTERMSIG(wait_status));
  return "exit status " + std::to_string(WEXITSTATUS(wait_status));
}

bool has_line_with(const std::string& text, const std::vector<std::string>& parts) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (std::all_of(parts.begin(), parts.end(),
                    [&](const std::string& part) { return line.find(part) != std::string::npos; }))
      return true;
  return false;
}

std::string unbroken(std::string output) {
  std::replace(output.begin(), output.end(), '\n', ' ');
  return output;
}

}  // namespace event_consumer::testing
