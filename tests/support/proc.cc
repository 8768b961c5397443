#include "tests/support/proc.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace event_consumer::testing {

namespace {

// The fields of /proc/PID/stat that are used here; see proc(5).
struct Stat {
  char state;
  pid_t parent;
  std::uint64_t user_ticks;
  std::uint64_t system_ticks;
};

// /proc/PID/`file`. A process that ends between open and read makes the read fail: then it is as
// empty as that of one that is gone. (What reads from a buffer itself throws there.)
std::string read_of(pid_t pid, const char* file) {
  std::ostringstream text;
  text << std::ifstream("/proc/" + std::to_string(pid) + "/" + file).rdbuf();
  return text.str();
}

std::optional<Stat> read_stat(pid_t pid) {
  const std::string text = read_of(pid, "stat");
  // The name may itself hold blanks and parentheses: the fields start behind its last one.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  Stat stat{};
  std::string skipped;
  fields >> stat.state >> stat.parent;
  for (int i = 0; i < 9; ++i) fields >> skipped;
  fields >> stat.user_ticks >> stat.system_ticks;
  if (!fields) return std::nullopt;
  return stat;
}

bool is_zombie(const Stat& stat) { return stat.state == 'Z' || stat.state == 'X'; }

std::vector<pid_t> children_of(pid_t parent, bool zombies) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0) continue;
    const std::optional<Stat> stat = read_stat(pid);
    if (stat && stat->parent == parent && is_zombie(*stat) == zombies) children.push_back(pid);
  }
  std::sort(children.begin(), children.end());
  return children;
}

// Whether a descriptor of the process leads there.
bool has_open(pid_t pid, const std::string& target) {
  std::error_code gone;
  const std::string path = "/proc/" + std::to_string(pid) + "/fd";
  for (std::filesystem::directory_iterator entry(path, gone), end; !gone && entry != end;
       entry.increment(gone)) {
    std::error_code closed;
    if (std::filesystem::read_symlink(entry->path(), closed) == target) return true;
  }
  return false;
}

}  // namespace

std::vector<pid_t> child_pids(pid_t parent) { return children_of(parent, /*zombies=*/false); }

std::vector<pid_t> zombie_pids(pid_t parent) { return children_of(parent, /*zombies=*/true); }

std::size_t descriptor_count(pid_t pid) {
  std::error_code gone;
  std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd", gone);
  return gone ? 0 : static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::uint64_t voluntary_switches(pid_t pid) {
  std::uint64_t sum = 0;
  std::error_code gone;
  std::filesystem::directory_iterator threads("/proc/" + std::to_string(pid) + "/task", gone);
  for (const auto& thread : threads) {
    std::ifstream lines(thread.path() / "status");
    for (std::string line; std::getline(lines, line);)
      if (line.rfind("voluntary_ctxt_switches:", 0) == 0)
        sum += std::stoull(line.substr(line.find(':') + 1));
  }
  return sum;
}

bool is_alive(pid_t pid) {
  const std::optional<Stat> stat = read_stat(pid);
  return stat && !is_zombie(*stat);
}

std::string command_line(pid_t pid) { return read_of(pid, "cmdline"); }

std::string proc_status(pid_t pid, const std::string& name) {
  std::istringstream lines(read_of(pid, "status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, name.size() + 1, name + ":") != 0) continue;
    return line.substr(line.find_first_not_of(" \t", name.size() + 1));
  }
  return "";
}

std::uint64_t rss_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(file >> total_pages >> resident_pages)) return 0;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t private_bytes(pid_t pid) {
  const std::string kibibytes = proc_status(pid, "RssAnon");
  return kibibytes.empty() ? 0 : 1024 * std::stoull(kibibytes);
}

double cpu_seconds(pid_t pid) {
  const std::optional<Stat> stat = read_stat(pid);
  if (!stat) return 0;
  return static_cast<double>(stat->user_ticks + stat->system_ticks) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::optional<pid_t> owner_of_port(const std::vector<pid_t>& pids, int port) {
  // See proc(5): number, local and remote address, state, and at last the inode.
  std::ostringstream wanted;
  wanted << ':' << std::uppercase << std::hex << std::setw(4) << std::setfill('0') << port;
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string skipped, local, inode;
    fields >> skipped >> local;
    for (int i = 0; i < 7; ++i) fields >> skipped;
    fields >> inode;
    if (local.substr(local.find(':') == std::string::npos ? 0 : local.find(':')) != wanted.str())
      continue;
    for (const pid_t pid : pids)
      if (has_open(pid, "socket:[" + inode + "]")) return pid;
  }
  return std::nullopt;
}

}  // namespace event_consumer::testing
