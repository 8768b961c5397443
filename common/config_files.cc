#include "common/config_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "common/config_file.h"

namespace event_consumer {
namespace {

// The other name of the same option must not win from an earlier file.
void forget(const std::string& variable, ConfigFiles& files) {
  const OptionRow* row = find_option(variable);
  for (const char* name : {row->variable, row->alias}) {
    if (name == nullptr) continue;
    files.settings.erase(name);
    files.places.erase(name);
  }
}

void add(const std::string& path, const Settings& settings, ConfigFiles& files) {
  for (const auto& [variable, text] : settings) forget(variable, files);
  for (const auto& [variable, text] : settings) {
    files.settings[variable] = text;
    files.places[variable] = path;
  }
  files.read.push_back(path);
}

// As a shell takes *.conf: what an editor hides beside a file is none.
bool is_conf(const std::filesystem::path& path) {
  return path.extension() == ".conf" && path.filename().string().front() != '.';
}

}  // namespace

Result<std::vector<std::string>> config_files_at(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (auto at = std::filesystem::directory_iterator(path, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error))
    if (is_conf(at->path())) files.push_back(at->path().string());
  if (error)
    return Error{ErrorKind::kUsage,
                 "cannot read configuration directory " + path + ": " + error.message()};
  std::sort(files.begin(), files.end());
  return files;
}

Result<ConfigFiles> read_config_files(const std::vector<std::string>& paths) {
  ConfigFiles files;
  for (const std::string& path : paths) {
    auto found = config_files_at(path);
    if (!found) return found.error();
    for (const std::string& file : *found) {
      auto settings = read_config_file(file);
      if (!settings) return settings.error();
      add(file, *settings, files);
    }
  }
  return files;
}

std::vector<std::string> service_config_paths(const std::string& root) {
  return {root + "/etc/default/event-consumer", root + "/etc/event-consumer"};
}

std::string instance_config_path(const std::string& root, const std::string& name) {
  return root + "/etc/default/event-consumer-" + name;
}

}  // namespace event_consumer
