#include "supervisor/status/process_figures.h"

#include <spdlog/fmt/fmt.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>

namespace event_consumer {
namespace {

// When the machine was booted. Asked for once: a time of start that changes a little at each scrape
// would look like restarts.
double booted_at_unix_seconds() {
  static const double booted_at = [] {
    timespec up{};
    clock_gettime(CLOCK_BOOTTIME, &up);
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    return now.count() - static_cast<double>(up.tv_sec) - static_cast<double>(up.tv_nsec) / 1e9;
  }();
  return booted_at;
}

double count_fds(pid_t pid) {
  std::error_code failed;
  const std::filesystem::directory_iterator all(fmt::format("/proc/{}/fd", pid), failed);
  if (failed) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(std::distance(begin(all), end(all)));
}

}  // namespace

std::optional<ProcessFigures> read_process(pid_t pid) {
  std::string line;
  std::getline(std::ifstream(fmt::format("/proc/{}/stat", pid)), line);
  // The second field is the name in parentheses, with whatever is in it.
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(name_end + 1));
  std::array<std::string, 22> fields;  // from the third on
  for (std::string& field : fields) rest >> field;
  if (!rest) return std::nullopt;
  const auto field = [&](std::size_t number) {
    return std::strtod(fields[number - 3].c_str(), nullptr);
  };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return ProcessFigures{(field(14) + field(15)) / ticks, field(24) * page, count_fds(pid),
                        booted_at_unix_seconds() + field(22) / ticks};
}

}  // namespace event_consumer
