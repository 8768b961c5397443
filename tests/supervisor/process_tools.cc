#include "tests/supervisor/process_tools.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace event_consumer::testing {

PrivateDirectory::PrivateDirectory() {
  std::filesystem::create_directories("build");
  std::string pattern = std::filesystem::absolute("build/supervisor-test-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string PrivateDirectory::write_script(const std::string& name, const std::string& body) const {
  const std::string path = *this / name;
  std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
  chmod(path.c_str(), 0755);
  return path;
}

std::string read_file(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

std::optional<int> wait_status_of(pid_t pid) {
  int status = 0;
  if (!eventually([&] { return waitpid(pid, &status, WNOHANG) == pid; })) return std::nullopt;
  return status;
}

int exit_status_in_child(const std::function<int()>& body) {
  const pid_t pid = fork();
  if (pid == 0) _exit(body());
  const std::optional<int> status = wait_status_of(pid);
  return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
}

unsigned long long signals_in(pid_t pid, const std::string& line) {
  return std::stoull("0" + proc_status(pid, line), nullptr, 16);
}

unsigned long long ignored_signals(pid_t pid) {
  constexpr unsigned long long kOfGlibc = 3ULL << 31;  // signals 32 and 33
  return signals_in(pid, "SigIgn") & ~kOfGlibc;
}

std::vector<int> open_descriptors(pid_t pid) {
  std::vector<int> numbers;
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd", error);
  for (const auto& entry : entries) numbers.push_back(std::stoi(entry.path().filename().string()));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<pid_t> children_of(pid_t pid) {
  const std::string name = std::to_string(pid);
  std::istringstream numbers(read_file("/proc/" + name + "/task/" + name + "/children"));
  std::vector<pid_t> children;
  for (pid_t child; numbers >> child;) children.push_back(child);
  return children;
}

bool executes(pid_t pid, const std::string& name) { return proc_status(pid, "Name") == name; }

}  // namespace event_consumer::testing
