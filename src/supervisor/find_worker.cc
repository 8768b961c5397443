#include "supervisor/find_worker.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace event_consumer {

Result<std::string> find_worker() {
  std::vector<std::string> directories;
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) directories.push_back(self.parent_path().string());
  directories.push_back(EVENT_CONSUMER_LIBEXECDIR);
  return find_worker_in(directories);
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
