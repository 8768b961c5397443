#include "supervisor/find_worker.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace event_consumer {

Result<std::string> find_worker() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return find_worker_in({EVENT_CONSUMER_LIBEXECDIR});
  return find_worker_in(worker_directories(self.string()));
}

std::vector<std::string> worker_directories(const std::string& program) {
  const std::filesystem::path beside = std::filesystem::path(program).parent_path();
  const std::string installed = (beside.parent_path() / "libexec/event-consumer").string();
  std::vector<std::string> directories = {beside.string(), installed};
  if (installed != EVENT_CONSUMER_LIBEXECDIR) directories.emplace_back(EVENT_CONSUMER_LIBEXECDIR);
  return directories;
}

Result<std::string> find_worker_in(const std::vector<std::string>& directories) {
  std::string tried;
  for (const std::string& directory : directories) {
    const std::string path = directory + "/event-consumer-worker";
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0)
      return path;
    tried += (tried.empty() ? "" : " nor ") + path;
  }
  return Error{ErrorKind::kInternal,
               fmt::format("the worker program is missing: neither {} is an executable file; "
                           "install the package again",
                           tried)};
}

}  // namespace event_consumer
