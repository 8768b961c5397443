#include "tests/supervisor/supervisor_run.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

#include "common/log.h"

namespace event_consumer::testing {

namespace {

constexpr char kPrologue[] =
    "slot=${1#--slot=} fd=${2#--ready-fd=} row=${3#--row=}\n"
    "ready() { printf c >/proc/self/fd/$fd; }\n"
    "tired() { printf r >/proc/self/fd/$fd; }\n";

// What follows `words` in each whole line of `text` that has them.
std::vector<std::string> all_after(const std::string& words, const std::string& text) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    const size_t at = line.find(words);
    if (at != std::string::npos) found.push_back(line.substr(at + words.size()));
  }
  return found;
}

}  // namespace

SupervisorRun::SupervisorRun(const std::string& script, const RunOptions& options) {
  // What a killed supervisor leaves behind comes to this process, which can then look and reap.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const std::string path = directory_.write_script("event-consumer-worker", kPrologue + script);
  pid_ = fork();
  if (pid_ == 0) supervise(options, options.worker_path.value_or(path));
}

SupervisorRun::~SupervisorRun() {
  if (!ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (pid_t worker : worker_pids()) {
    if (waitpid(worker, nullptr, WNOHANG) != 0) continue;
    kill(worker, SIGKILL);
    waitpid(worker, nullptr, 0);
  }
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

void SupervisorRun::supervise(const RunOptions& options, const std::string& worker_path) const {
  // A test program that is interrupted leaves no supervisor behind.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // So that the pipes get numbers of one digit, the only ones that a shell can close.
  close_range(STDERR_FILENO + 1, ~0U, 0);
  const int log =
      open((directory_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  log::set_up("event-consumer", log::Level::debug);
  options.before();
  SupervisorConfig config = {
      options.workers,      options.start_timeout,
      options.stop_timeout, options.worker_timeout,
      worker_path,          {"PATH=/usr/bin:/bin", "DIR=" + directory_.path()}};
  config.notes = options.notes;
  const auto read_again = [&]() -> Result<SupervisorConfig> {
    const std::string workers = read_file(directory_ / "workers");
    if (workers.empty()) return Error{ErrorKind::kUsage, "the file is broken"};
    SupervisorConfig again = config;
    again.workers = std::stoi(workers);
    again.worker_environment.push_back("RELOADED=yes");
    again.stop_timeout += std::chrono::seconds(1);
    again.notes.insert(again.notes.end(), options.notes_of_reload.begin(),
                       options.notes_of_reload.end());
    return again;
  };
  _exit(to_int(run_supervisor(config, read_again)));
}

void SupervisorRun::send(int signal) const { kill(pid_, signal); }

int SupervisorRun::count_in_log(const std::string& text) const {
  const std::string all = log();
  int count = 0;
  for (size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
  return count;
}

bool SupervisorRun::logs(const std::string& text, int times) const {
  return eventually([&] { return count_in_log(text) >= times; });
}

std::vector<pid_t> SupervisorRun::worker_pids() const {
  std::vector<pid_t> pids;
  for (const std::string& pid : all_after("started as process ", log()))
    pids.push_back(std::stoi(pid));
  return pids;
}

std::vector<double> SupervisorRun::restart_delays() const {
  std::vector<double> delays;
  for (const std::string& delay : all_after("restart in ", log()))
    delays.push_back(std::stod(delay));
  return delays;
}

int SupervisorRun::exit_status() {
  int status = 0;
  ended_ = eventually([&] { return wait4(pid_, &status, WNOHANG, &usage_) == pid_; });
  return ended_ && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

double SupervisorRun::cpu_seconds() const {
  const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
  return seconds(usage_.ru_utime) + seconds(usage_.ru_stime);
}

bool SupervisorRun::left_nothing() const {
  for (pid_t worker : worker_pids())
    if (kill(worker, 0) == 0) return false;
  return true;
}

}  // namespace event_consumer::testing
